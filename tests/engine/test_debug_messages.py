"""`pulumi preview --debug`: the SDK's debug messages appear only on request, all others always."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.engine.account import REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

OF_THE_SDK = "resource registration successful"
CONFIG = {
    "aws:region": REGION,
    "scheduled-jobs:placements": {"default": {"service": {"cluster": "sandbox", "name": "web"}}},
    "scheduled-jobs:schedules": {"nightly-report": "cron(0 2 * * ? *)"},
}


def debugged(program: Program) -> str:
    """Preview a job with `--debug`, and return the output."""
    program.write_jobs("nightly_report")
    program.write_config(CONFIG)
    outcome = program.run("preview", "--debug")
    assert outcome.code == 0, outcome.output
    return outcome.output


def test_debug_messages_of_the_sdk(
    sandbox: Sandbox, make_program: Callable[[str], Program], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They appear when the variable is set; the engine's own debug messages and the program's lines always do."""
    del sandbox
    quiet = debugged(make_program("quiet"))
    monkeypatch.setenv("SCHEDULED_JOBS_DEBUG", "1")
    loud = debugged(make_program("loud"))
    assert (OF_THE_SDK in quiet, OF_THE_SDK in loud) == (False, True)
    for output in (quiet, loud):
        assert "debug: " in output
        assert "nightly-report: " in output, output
        assert "1 schedule: 1 new" in output
