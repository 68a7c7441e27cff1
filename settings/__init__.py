"""Parses stack config into frozen, typed settings. The values come from the engine or from a stack file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pydantic

from settings.forms import parse_schedules
from settings.job import Job
from settings.limits import Tags
from settings.models import (
    AlertSettings,
    Defaults,
    EncryptionSettings,
    IamSettings,
    JobEntry,
    LedgerSettings,
    OverrideForm,
    PlacementNames,
    PlacementSettings,
    ScheduleEntry,
    Settings,
    StackOutput,
)
from settings.problems import InvalidInput, Problem, Problems, accepted, key_path
from settings.project import NAMESPACE

__all__ = [
    "NAMESPACE",
    "AlertSettings",
    "Defaults",
    "EncryptionSettings",
    "IamSettings",
    "InvalidInput",
    "Job",
    "JobEntry",
    "LedgerSettings",
    "OverrideForm",
    "PlacementSettings",
    "Problem",
    "Problems",
    "ScheduleEntry",
    "Settings",
    "StackOutput",
    "accepted",
    "key_path",
    "parse",
]

REQUIRED = ("placements", "schedules")
_SECTIONS: dict[str, pydantic.TypeAdapter[Any]] = {
    "defaults": pydantic.TypeAdapter(Defaults),
    "alerts": pydantic.TypeAdapter(AlertSettings),
    "tags": pydantic.TypeAdapter(Tags),
    "iam": pydantic.TypeAdapter(IamSettings),
    "ledger": pydantic.TypeAdapter(LedgerSettings),
    "encryption": pydantic.TypeAdapter(EncryptionSettings),
}
_PLACEMENT = pydantic.TypeAdapter(PlacementSettings)
KEYS = ("placements", "schedules", *_SECTIONS)


def parse(config: Mapping[str, Any], problems: Problems) -> Settings:
    """Return the settings of a stack, read from the values of the project's keys.

    `config` maps each key, without its namespace, to its value. Mistakes go to `problems`, each with its full key path.
    A part with a mistake is left out of the result, so that the other parts can still be checked against each other.
    """
    for key in config:
        if key not in KEYS:
            problems.add(f"{NAMESPACE}:{key}", "unknown key" + accepted(key, KEYS))
    for key in REQUIRED:
        if key not in config:
            problems.add(f"{NAMESPACE}:{key}", "is missing")
    found = {
        key: problems.validate(kind, config[key], f"{NAMESPACE}:{key}")
        for key, kind in _SECTIONS.items()
        if key in config
    }
    defaults = found.get("defaults") or Defaults()
    return Settings(
        placements=_placements(config.get("placements", {}), f"{NAMESPACE}:placements", problems),
        schedules=parse_schedules(config.get("schedules", {}), f"{NAMESPACE}:schedules", defaults, problems),
        defaults=defaults,
        alerts=found.get("alerts") or AlertSettings(),
        tags=found.get("tags") or {},
        iam=found.get("iam") or IamSettings(),
        ledger=found.get("ledger") or LedgerSettings(),
        encryption=found.get("encryption") or EncryptionSettings(),
    )


def _placements(value: object, where: str, problems: Problems) -> dict[str, PlacementSettings]:
    """Return the valid placements; each is read separately, so that a mistake in one does not hide the others."""
    if not isinstance(value, Mapping):
        problems.add_value(where, value, "must be a mapping from names to placements")
        return {}
    for name in value:
        problems.validate(PlacementNames, name, key_path(where, name))
    read = {name: problems.validate(_PLACEMENT, entry, key_path(where, name)) for name, entry in value.items()}
    return {name: placement for name, placement in read.items() if placement is not None}
