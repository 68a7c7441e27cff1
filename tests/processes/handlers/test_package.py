"""A folder is packaged with the wheels that pip fetches for the function's runtime and architecture."""

from __future__ import annotations

import hashlib
import io
import zipfile
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from handlers.package import package
from handlers.requirements import Mistake
from handlers.target import Target

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ARM = Target("python3.13", "arm64")
HANDLER = "def handle(event, context): ...\n"
TAGS = {
    "pure": "py3-none-any",
    "arm": "cp313-cp313-manylinux_2_17_aarch64.manylinux2014_aarch64",
    "new": "cp313-cp313-manylinux_2_35_aarch64",
}


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let pip find packages in a folder alone, and return that folder."""
    made = tmp_path / "index"
    made.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(made))
    return made


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder with a handler."""
    made = tmp_path / "rates"
    made.mkdir()
    (made / "app.py").write_text(HANDLER)
    return made


def wheel(
    index: Path,
    name: str,
    tag: str = "py3-none-any",
    needs: tuple[str, ...] = (),
    files: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Put a wheel into the index, and return the line that pins it."""
    content = io.BytesIO()
    metadata = "".join(
        ["Metadata-Version: 2.1\n", f"Name: {name}\nVersion: 1\n", *(f"Requires-Dist: {one}\n" for one in needs)]
    )
    own = {
        f"{name}-1.dist-info/METADATA": metadata,
        f"{name}-1.dist-info/WHEEL": f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    with zipfile.ZipFile(content, "w") as file:
        for path, text in {f"{name}.py": f"# {tag}", **own, **files}.items():
            file.writestr(path, text)
        file.writestr(f"{name}-1.dist-info/RECORD", "")
    (index / f"{name}-1-{tag}.whl").write_bytes(content.getvalue())
    return f"{name}==1 --hash=sha256:{hashlib.sha256(content.getvalue()).hexdigest()}\n"


def packaged(
    place: Path, *lines: str, target: Target = ARM, handler: str = "app.handle"
) -> dict[str, str] | list[Mistake]:
    """Package the folder with these requirements, and return the files in the archive, or the mistakes."""
    if lines:
        (place / "requirements.txt").write_text("".join(lines))
    made, mistakes = package(place, handler, target, place.parent / "cache")
    if made is None:
        return list(mistakes)
    assert mistakes == []
    with zipfile.ZipFile(made) as file:
        return {name: file.read(name).decode() for name in file.namelist() if ".dist-info/" not in name}


def test_without_requirements(place: Path) -> None:
    """A folder without requirements needs no pip."""
    assert packaged(place) == {"app.py": HANDLER}


def test_wheels(place: Path, index: Path) -> None:
    """The wheel for the function's processor and system is taken, and its libraries alone."""
    other = "cp313-cp313-manylinux2014_x86_64"
    files = {"fast-1.data/purelib/extra.py": "e", "fast-1.data/scripts/fast": "s", "fast-1.data/headers/f.h": "h"}
    arm = wheel(index, "fast", TAGS["arm"], files=files).strip()
    intel = wheel(index, "fast", other).split()[1]
    lines = (f"{arm} {intel}\n", wheel(index, "pure"))
    assert packaged(place, *lines) == {
        "app.py": HANDLER,
        "fast.py": f"# {TAGS['arm']}",
        "extra.py": "e",
        "pure.py": "# py3-none-any",
    }
    found = packaged(place, *lines, target=Target("python3.13", "x86_64"))
    assert isinstance(found, dict)
    assert found["fast.py"] == f"# {other}"


def test_cache(place: Path, index: Path) -> None:
    """What was fetched is not fetched again, and the archive is the same file."""
    (place / "requirements.txt").write_text(wheel(index, "pure"))
    first, _ = package(place, "app.handle", ARM, place.parent / "cache")
    (index / "pure-1-py3-none-any.whl").unlink()
    again, mistakes = package(place, "app.handle", ARM, place.parent / "cache")
    assert (again, mistakes) == (first, [])
    assert first is not None


def test_no_wheel(place: Path, index: Path) -> None:
    """A package without a wheel for the function, such as one for a newer system, is named."""
    (mistake,) = packaged(place, wheel(index, "fast", TAGS["new"]))
    assert isinstance(mistake, Mistake)
    assert mistake.place == "requirements.txt"
    assert mistake.reason == "cannot be had for python3.13 on arm64: No matching distribution found for fast==1"


def test_other_content(place: Path, index: Path) -> None:
    """A wheel with another hash than the file has is refused, and named."""
    wheel(index, "pure")
    (mistake,) = packaged(place, f"pure==1 --hash=sha256:{'0' * 64}\n")
    assert isinstance(mistake, Mistake)
    assert "DO NOT MATCH THE HASHES" in mistake.reason
    assert "pure==1" in mistake.reason


def test_incomplete(place: Path, index: Path) -> None:
    """What a package needs on Lambda must be in the file too; what it needs elsewhere need not."""
    needs = (
        "urllib3 (>=1)",
        'colorama ; sys_platform == "win32"',
        'socks ; extra == "proxy"',
        'old ; python_version < "3.13"',
    )
    line = wheel(index, "web", needs=needs)
    assert packaged(place, line) == [Mistake("requirements.txt", "urllib3 is missing, which web needs as urllib3>=1")]
    with_extra = packaged(place, line.replace("web==", "web[proxy]=="), wheel(index, "urllib3"))
    assert with_extra == [Mistake("requirements.txt", 'socks is missing, which web needs as socks; extra == "proxy"')]
    assert isinstance(packaged(place, line, wheel(index, "urllib3")), dict)


def test_two_files_of_one_name(place: Path, index: Path) -> None:
    """A file of the folder is not replaced by one of a package, nor the other way round."""
    found = packaged(place, wheel(index, "pure", files={"app.py": "# mine"}))
    assert found == [Mistake("app.py", "is in the folder and in pure-1-py3-none-any.whl; rename or remove one")]


def test_mistakes(place: Path) -> None:
    """All mistakes of the folder are told at once, without asking an index."""
    assert packaged(place, "pure\n", handler="app.other") == [
        Mistake("app.py", "defines no other, which the handler app.other names"),
        Mistake(
            "requirements.txt:1",
            "pure must be pinned with ==, and have its hashes; `uv pip compile --generate-hashes` and "
            "`pip-compile --generate-hashes` write such files",
        ),
    ]
    assert packaged(place.parent / "none") == [Mistake("", "is not a folder")]
