"""A folder's requirements are pinned with hashes, and read as Lambda's Python would read them."""

from __future__ import annotations

import pytest

from handlers import requirements
from handlers.requirements import Mistake, Pinned
from handlers.target import Target

ARM = Target("python3.13", "arm64")
HASH = "sha256:" + "0a" * 32
OTHER = "sha256:" + "1b" * 32

FILE = f"""
# made by uv
requests[socks]==2.32.3 \\
    --hash={HASH} \\
    --hash={OTHER}
    # via -r requirements.in
colorama==0.4.6 ; sys_platform == "win32" --hash={HASH}
typing-extensions==4.12 ; python_version < "3.13" --hash={HASH}
Only_Arm==1 ; platform_machine == "aarch64" --hash={HASH}
"""


def test_read() -> None:
    """What the runtime and the architecture need is read, and what a marker excludes there is not."""
    pinned, mistakes = requirements.read(FILE, ARM)
    assert pinned == [
        Pinned("requests", "2.32.3", frozenset({"socks"}), (HASH, OTHER)),
        Pinned("only-arm", "1", frozenset(), (HASH,)),
    ]
    assert mistakes == []
    assert str(pinned[1]) == f"only-arm==1 --hash={HASH}"
    older, _ = requirements.read(FILE, Target("python3.12", "x86_64"))
    assert [one.name for one in older] == ["requests", "typing-extensions"]


WRONG = {
    "requests>=2 --hash=" + HASH: "requests must be pinned with ==, and have its hashes",
    "requests==2.* --hash=" + HASH: "requests must be pinned with ==",
    "requests": "requests must be pinned with ==",
    "requests==2.32.3": "requests has no --hash",
    "requests @ https://example.com/requests.whl --hash=" + HASH: "requests has an address",
    "-r other.txt": "-r is an option of pip",
    "--index-url=https://example.com": "--index-url is an option of pip",
    "requests==": "'requests==' is not a requirement such as requests==2.32.3",
}


@pytest.mark.parametrize(("line", "reason"), WRONG.items(), ids=range(len(WRONG)))
def test_mistake(line: str, reason: str) -> None:
    """A line that pins nothing is named with its number, and the other lines are read."""
    pinned, (mistake,) = requirements.read(f"\nonly==1 --hash={HASH}\n{line}\n", ARM)
    assert [one.name for one in pinned] == ["only"]
    assert (mistake.place, mistake.reason.startswith(reason)) == ("requirements.txt:3", True)


def test_line_of_a_mistake() -> None:
    """A mistake in a line that goes on is at its beginning."""
    assert requirements.read("a==1 \\\n  --hash=x\n", ARM)[1][0].place == "requirements.txt:1"
    assert requirements.read("", ARM) == ([], [])
    assert isinstance(requirements.read("a", ARM)[1][0], Mistake)
