"""A rate with a start: `make check`, the preview and `up` agree, before the start and after it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.engine.account import REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

SERVICE = {"default": {"service": {"cluster": "sandbox", "name": "web"}}}
DAY = timedelta(days=1)


def test_check_preview_and_up_agree(sandbox: Sandbox, make_program: Callable[[str], Program]) -> None:
    """All three tell of the same ticks and of the new count, and a second `up` changes nothing."""
    now = datetime.fromisoformat(sandbox.client.get("status")["now"])
    starts = {"passed": now - DAY, "coming": now + DAY}
    schedules = {key: {"rate": "5 hours", "start": start.isoformat()} for key, start in starts.items()}
    program = make_program("rates")
    program.write_jobs("nightly_report")
    program.write_config(
        {
            "aws:region": REGION,
            "scheduled-jobs:placements": SERVICE,
            "scheduled-jobs:schedules": {"nightly-report": schedules},
        }
    )
    preview, checked = program.run("preview"), program.ops("check", "rates", "--json")
    assert (preview.code, checked.returncode) == (0, 0), preview.output + checked.stderr
    found = json.loads(checked.stdout)
    lines = [line for one in found["schedules"] for line in (f"{one['name']}: {one['words']}", *one["next"])]
    assert "first run 5 hours after deployment" in lines
    assert f"{starts['coming']:next: %a %Y-%m-%d %H:%M UTC}" in lines
    assert len([line for line in found["warnings"] if "begins a new count" in line]) == 2
    assert [line for line in (*lines, *found["warnings"]) if line not in preview.output] == []
    try:
        program.up()
        scheduler = sandbox.account.client("scheduler")
        deployed = {
            key: scheduler.get_schedule(GroupName="scheduled-jobs-rates", Name=f"nightly-report.{key}").get("StartDate")
            for key in starts
        }
        assert deployed == {"passed": None, "coming": starts["coming"]}
        assert program.up().changes == set()
    finally:
        assert program.run("destroy").code == 0
