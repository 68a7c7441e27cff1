"""The nightly job's tick, and its only alert."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema

from tests.unit.watch.world import SECRET, START, EcsTask, World

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "alert.schema.json").read_text())
TICK = START + timedelta(hours=2)
TEXT = "2027-01-04T02:00:00Z"


def nightly() -> EcsTask:
    """Return the task of the nightly job's tick."""
    return EcsTask("nightly-report", TICK)


def only(world: World) -> dict[str, Any]:
    """Return the only alert, after a check that it fits the schema and shows no environment value in any form."""
    [alert] = world.alerts()
    jsonschema.validate(alert, SCHEMA)
    assert SECRET not in json.dumps(world.account.published)
    return alert
