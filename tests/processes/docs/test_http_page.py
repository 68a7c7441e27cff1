"""The JavaScript of the page on requests, in a real Node.js."""

from __future__ import annotations

import json
import shutil
import subprocess
import time

import pytest

from caller.proof import Proof
from tests.unit.caller.test_proof import BODY, NAME, OLD, forged
from tests.unit.docs.test_http_page import SECRETS, blocks

_ASK = """
const cases = JSON.parse(require("node:fs").readFileSync(0));
const believed = cases.map(([name, seconds, given, body]) => isProven(name, seconds, given, Buffer.from(body)));
console.log(JSON.stringify(believed));
"""


@pytest.fixture(scope="module")
def node() -> str:
    """Return the program."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("there is no Node.js on PATH, which runs the page's JavaScript")
    return found


def test_who_is_believed(node: str) -> None:
    """The same messages as in Python."""
    now = int(time.time())
    good = Proof("signature", [SECRETS, OLD]).headers(NAME, now, BODY)
    other = Proof("signature", ["whsec_" + "A" * 32]).headers(NAME, now, BODY)
    late = Proof("signature", [SECRETS]).headers(NAME, now - 400, BODY)
    wrong = [good | change for _, change in forged(good["webhook-signature"].split()[0], now)]
    messages = [good, Proof("signature", [OLD]).headers(NAME, now, BODY), other, late, *wrong]
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    cases = [[*(one[name] for name in names), BODY.decode()] for one in messages]
    code = blocks("js")[0] + _ASK
    said = subprocess.run(
        [node, "-e", code],
        input=json.dumps(cases),
        env={"JOBS_SECRETS": f"{SECRETS} {OLD}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(said.stdout) == [True, True] + [False] * (len(messages) - 2)


def test_the_service_is_javascript(node: str) -> None:
    """Express is not here, so the service is only read."""
    code = "".join(blocks("js"))
    said = subprocess.run([node, "--check", "-"], input=code, capture_output=True, text=True, timeout=60, check=False)
    assert (said.returncode, said.stderr) == (0, "")
