"""Parses stack config into frozen, typed settings. The values come from the engine or from a stack file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import pydantic

from settings.calendars import Calendar, Span, spans
from settings.dockerfile import Dockerfile
from settings.ebs_volume import Ebs
from settings.forms import parse_schedules
from settings.function import Function
from settings.guarantees import CalendarName, Guarantees
from settings.handler import Handler
from settings.http import Http, ReceiverName
from settings.image import Image
from settings.in_process import InProcess
from settings.job import Job
from settings.limits import Tags
from settings.models import (
    AlertSettings,
    Defaults,
    EncryptionSettings,
    IamSettings,
    JobEntry,
    LedgerSettings,
    LogSettings,
    OverrideForm,
    PlacementNames,
    PlacementSettings,
    ScheduleEntry,
    Settings,
    StackOutput,
)
from settings.problems import InvalidInput, Problem, Problems, accepted, key_path
from settings.project import NAMESPACE
from settings.receivers import Receiver
from settings.sidecars import HealthCheck, Sidecar
from settings.volumes import Efs, Scratch
from settings.worker import Worker

__all__ = [
    "NAMESPACE",
    "AlertSettings",
    "Defaults",
    "Dockerfile",
    "Ebs",
    "Efs",
    "EncryptionSettings",
    "Function",
    "Guarantees",
    "Handler",
    "HealthCheck",
    "Http",
    "IamSettings",
    "Image",
    "InProcess",
    "InvalidInput",
    "Job",
    "JobEntry",
    "LedgerSettings",
    "LogSettings",
    "OverrideForm",
    "PlacementSettings",
    "Problem",
    "Problems",
    "Receiver",
    "ScheduleEntry",
    "Scratch",
    "Settings",
    "Sidecar",
    "Span",
    "StackOutput",
    "Worker",
    "accepted",
    "key_path",
    "parse",
    "spans",
]

T = TypeVar("T")

REQUIRED = ("placements", "schedules")
_SECTIONS: dict[str, pydantic.TypeAdapter[Any]] = {
    "defaults": pydantic.TypeAdapter(Defaults),
    "alerts": pydantic.TypeAdapter(AlertSettings),
    "tags": pydantic.TypeAdapter(Tags),
    "iam": pydantic.TypeAdapter(IamSettings),
    "ledger": pydantic.TypeAdapter(LedgerSettings),
    "logs": pydantic.TypeAdapter(LogSettings),
    "encryption": pydantic.TypeAdapter(EncryptionSettings),
}
_PLACEMENT = pydantic.TypeAdapter(PlacementSettings)
_CALENDAR: pydantic.TypeAdapter[Any] = pydantic.TypeAdapter(Calendar)
_CALENDAR_NAME = pydantic.TypeAdapter(CalendarName)
_RECEIVER = pydantic.TypeAdapter(Receiver)
_RECEIVER_NAME = pydantic.TypeAdapter(ReceiverName)
KEYS = ("placements", "schedules", "calendars", "receivers", *_SECTIONS)


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
        placements=_each(_PLACEMENT, PlacementNames, config.get("placements", {}), "placements", problems),
        calendars=_each(_CALENDAR, _CALENDAR_NAME, config.get("calendars", {}), "calendars", problems),
        receivers=_each(_RECEIVER, _RECEIVER_NAME, config.get("receivers", {}), "receivers", problems),
        schedules=parse_schedules(config.get("schedules", {}), f"{NAMESPACE}:schedules", defaults, problems),
        defaults=defaults,
        alerts=found.get("alerts") or AlertSettings(),
        tags=found.get("tags") or {},
        iam=found.get("iam") or IamSettings(),
        ledger=found.get("ledger") or LedgerSettings(),
        logs=found.get("logs") or LogSettings(),
        encryption=found.get("encryption") or EncryptionSettings(),
    )


def _each(
    kind: pydantic.TypeAdapter[T], names: pydantic.TypeAdapter[str], value: object, key: str, problems: Problems
) -> dict[str, T]:
    """Return the valid parts of a section, by name; each is read separately: a mistake in one hides no other."""
    where = f"{NAMESPACE}:{key}"
    if not isinstance(value, Mapping):
        problems.add_value(where, value, f"must be a mapping from names to {key}")
        return {}
    for name in value:
        problems.validate(names, name, key_path(where, name))
    read = {name: problems.validate(kind, entry, key_path(where, name)) for name, entry in value.items()}
    return {name: part for name, part in read.items() if part is not None}
