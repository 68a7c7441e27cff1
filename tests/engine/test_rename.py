"""A project that was given another name: its keys have that name as their namespace, and everything follows."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.engine.account import REGION
from tests.engine.checkout import copy_checkout
from tests.engine.program import Program, this_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.engine.conftest import Sandbox

CONFIG = {
    "placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
    "schedules": {"nightly-report": "cron(0 2 * * ? *)"},
}


@pytest.fixture(scope="module")
def renamed(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Lay out the program under another name, and destroy what is deployed of it."""
    source = this_program(tmp_path_factory.mktemp("renamed") / "acme", sandbox.session, sandbox.server, "small").source
    file = source / "Pulumi.yaml"
    file.write_text(file.read_text().replace("name: scheduled-jobs\n", "name: acme-jobs\n"))
    program = Program(source, sandbox.session, sandbox.server, "small", project="acme-jobs")
    program.write_jobs("nightly_report")
    yield program
    assert program.run("destroy").code == 0


def keys(namespace: str) -> dict[str, object]:
    """Return the config under a namespace."""
    return {"aws:region": REGION, **{f"{namespace}:{key}": value for key, value in CONFIG.items()}}


def test_the_namespace_is_the_name(sandbox: Sandbox, renamed: Program) -> None:
    """The config of the new name passes `make check` and is deployed, with names that follow the project's."""
    renamed.write_config(keys("acme-jobs"))
    checked = renamed.ops("check", "small")
    assert (checked.returncode, checked.stderr) == (0, "")
    renamed.up()
    assert "acme-jobs-small/nightly-report" in sandbox.account.inventory()["schedules"]
    again = renamed.ops("rerun", "--stack", "small", "nightly-report", "--tick", "2026-03-01T02:00:00Z", "--yes")
    assert again.returncode == 0, again.stderr


def test_the_old_namespace_is_answered(renamed: Program) -> None:
    """Keys that kept the old name are refused with their new name, by check and by the engine alike."""
    renamed.write_config({**keys("acme-jobs"), "scheduled-jobs:tags": {"team": "data"}})
    message = "scheduled-jobs:tags: no such namespace; did you mean 'acme-jobs:tags'?"
    assert message in renamed.ops("check", "small").stderr
    outcome = renamed.run("preview")
    assert outcome.code != 0
    assert message in outcome.output


def test_the_sandbox_and_the_schema_follow(tmp_path: Path) -> None:
    """After the three edits that the README names, `make preview` works, and the schema has the new keys."""
    checkout = copy_checkout(tmp_path / "checkout")
    for file in checkout.folder.glob("Pulumi*.yaml"):
        text = file.read_text()
        file.write_text(
            text.replace("name: scheduled-jobs\n", "name: acme-jobs\n").replace(" scheduled-jobs:", " acme-jobs:")
        )
    (checkout.folder / "docs").mkdir()
    subprocess.run([sys.executable, "-m", "settings.schema"], cwd=checkout.folder, check=True)
    schema = json.loads((checkout.folder / "docs" / "stack-config.schema.json").read_text())
    config = schema["properties"]["config"]
    assert config["required"] == ["acme-jobs:placements", "acme-jobs:schedules"]
    assert all(key.startswith("acme-jobs:") for key in config["properties"])
    done = checkout.run("preview", "staging", "--", "--json")
    assert done.returncode == 0, done.stderr
    assert "acme-jobs-staging" in done.stdout
