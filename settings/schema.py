"""Generates the JSON Schema of stack files, with which editors complete and check the YAML.

`python -m settings.schema` writes its file from the types of stack config.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pydantic
from pydantic.json_schema import models_json_schema

from settings import KEYS, NAMESPACE, REQUIRED
from settings.calendars import Day, Span
from settings.guarantees import CalendarName
from settings.http import ReceiverName
from settings.job import JobName, PlacementName, ScheduleKey
from settings.models import (
    AlertSettings,
    Defaults,
    EncryptionSettings,
    IamSettings,
    JobForm,
    LedgerSettings,
    LogSettings,
    PlacementSettings,
    ScheduleForm,
)
from settings.receivers import Receiver
from settings.tag_text import TagKey, TagValue

FILE = Path(__file__).parent.parent / "docs" / "stack-config.schema.json"

_REF = "#/$defs/{model}"
_MODELS = (
    AlertSettings,
    Defaults,
    EncryptionSettings,
    IamSettings,
    JobForm,
    LedgerSettings,
    LogSettings,
    PlacementSettings,
    Receiver,
    ScheduleForm,
    Span,
)
_KINDS = ("cron", "rate", "at")
_EXPRESSION = {
    "type": "string",
    "pattern": r"^\s*(cron|rate|at)\(.*\)\s*$",
    "description": "An expression, such as cron(0 2 * * ? *)",
}
_OFF = {"enum": ["off", False], "description": "Turns the job off in this stack"}


def schema() -> dict[str, Any]:
    """Return the schema. It does not check keys of other namespaces."""
    definitions = _definitions()
    forms = {
        "placements": _mapping(PlacementName, {"$ref": "#/$defs/PlacementSettings"}),
        "schedules": _mapping(JobName, {"$ref": "#/$defs/job"}),
        "calendars": _mapping(CalendarName, {"$ref": "#/$defs/calendar"}),
        "receivers": _mapping(ReceiverName, {"$ref": "#/$defs/Receiver"}),
        "defaults": {"$ref": "#/$defs/Defaults"},
        "alerts": {"$ref": "#/$defs/AlertSettings"},
        "tags": _mapping(TagKey, pydantic.TypeAdapter(TagValue).json_schema()),
        "iam": {"$ref": "#/$defs/IamSettings"},
        "ledger": {"$ref": "#/$defs/LedgerSettings"},
        "logs": {"$ref": "#/$defs/LogSettings"},
        "encryption": {"$ref": "#/$defs/EncryptionSettings"},
    }
    keys = {f"{NAMESPACE}:{key}": forms[key] for key in KEYS}
    ours = f"{NAMESPACE}:".replace(".", "[.]")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A stack of {NAMESPACE} (Pulumi.<stack>.yaml)",
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": keys,
                "patternProperties": {f"^(?!{ours})": {}},
                "required": [f"{NAMESPACE}:{key}" for key in REQUIRED],
                "additionalProperties": False,
            }
        },
        "required": ["config"],
        "$defs": definitions,
    }


def _definitions() -> dict[str, Any]:
    _, made = models_json_schema([(model, "validation") for model in _MODELS], ref_template=_REF)
    definitions: dict[str, Any] = made["$defs"]
    _let_be_secret(definitions["AlertSettings"]["properties"]["https"], "items")
    _let_be_secret(definitions["HttpsRoute"]["properties"], "to")
    shared = definitions["JobForm"]["properties"]
    schedule = definitions["ScheduleForm"]
    schedule["oneOf"] = [{"required": [kind]} for kind in _KINDS]
    one = {**schedule, "properties": {**schedule["properties"], **shared}, "title": "One schedule"}
    # A pattern applies to every key that it matches, even to a key that `properties` names.
    own_names = f"^(?!(?:{'|'.join(shared)})$){_pattern(ScheduleKey).removeprefix('^')}"
    several = {
        "title": "Several schedules, each with a key",
        "type": "object",
        "properties": shared,
        "patternProperties": {own_names: {"anyOf": [_EXPRESSION, {"$ref": "#/$defs/ScheduleForm"}]}},
        "additionalProperties": False,
    }
    definitions["job"] = {"anyOf": [_EXPRESSION, _OFF, one, several]}
    del definitions["JobForm"]
    span = {"$ref": "#/$defs/Span"}
    day = {**pydantic.TypeAdapter(Day).json_schema(), "pattern": r"^\d{4}-\d\d-\d\d$"}
    definitions["calendar"] = {"anyOf": [span, {"type": "array", "items": {"anyOf": [day, span]}}]}
    return definitions


def _mapping(key: Any, value: object) -> dict[str, Any]:  # noqa: ANN401 - an annotated type
    names = pydantic.TypeAdapter(key).json_schema()
    return {"type": "object", "propertyNames": names, "additionalProperties": value}


def _pattern(kind: Any) -> str:  # noqa: ANN401 - an annotated type
    return str(pydantic.TypeAdapter(kind).json_schema()["pattern"])


def _let_be_secret(holder: dict[str, Any], name: str) -> None:
    holder[name] = {"anyOf": [holder[name], _secret()]}


def _secret() -> dict[str, Any]:
    """Return the schema of the mapping that `pulumi config set --secret` writes instead of a value."""
    return {"type": "object", "properties": {"secure": {"type": "string"}}, "required": ["secure"]}


def main() -> None:
    """Write the schema to its file."""
    FILE.write_text(json.dumps(schema(), indent=2) + "\n")


if __name__ == "__main__":
    main()
