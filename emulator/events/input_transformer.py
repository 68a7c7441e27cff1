"""The input of an EventBridge rule's target: the event, a part of it, a constant, or a filled template.

Follows "Amazon EventBridge input transformation" of the EventBridge User Guide, and the pages Target and
InputTransformer of the EventBridge API reference.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

MAX_PATHS = 100
"""The most members of InputPathsMap (API InputTransformer)."""
MAX_TEMPLATE = 8192
"""The most characters of InputTemplate (API InputTransformer)."""
MAX_PATH = 256
"""The most characters of InputPath and of each path in InputPathsMap (API Target)."""


class InvalidInputTransformer(ValueError):  # noqa: N818 - named for what PutTargets refuses
    """Input parameters of a target that PutTargets refuses or that the sandbox does not support."""


class UndeliverableInput(ValueError):  # noqa: N818 - named for what happens to it
    """A transformed input that EventBridge cannot deliver: it drops the event and counts a failed invocation."""


def transform(  # noqa: PLR0913 - a target's four input parameters, and what is known of the rule
    event: Mapping[str, Any],
    *,
    input: str | None = None,  # noqa: A002 - the API's name
    input_path: str | None = None,
    input_paths_map: Mapping[str, str] | None = None,
    input_template: str | None = None,
    rule_arn: str = "",
    ingestion_time: str | None = None,
) -> str:
    """Return the text that a target with these input parameters receives for `event`.

    When a path of the map finds nothing, or null, its placeholder is empty: nothing inside a string, `""` as a JSON
    value. EventBridge does not escape the values that it inserts into a string. A quote, a backslash, a line break, an
    object or an array inside a string of a JSON template therefore makes the result invalid JSON, and
    `UndeliverableInput` is raised. A bare placeholder accepts all of these values. In lines of quoted text, values are
    inserted unchanged, and an object or array without its quotes.

    `<aws.events.event.ingestion-time>` is `ingestion_time` (ISO 8601), or the event's time by default.
    Raises `InvalidInputTransformer` as `validate` does.
    """
    validate(input=input, input_path=input_path, input_paths_map=input_paths_map, input_template=input_template)
    if input is not None:
        return input
    if input_path is not None:
        selected = _select(event, input_path)
        if selected is None:
            raise UndeliverableInput(f"InputPath {input_path} finds nothing in the event")
        return _json(selected)
    if input_template is None:
        return _json(event)
    values: dict[str, Any] = {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
        "aws.events.event.ingestion-time": event.get("time") if ingestion_time is None else ingestion_time,
        "aws.events.event": _envelope(event),
        "aws.events.event.json": event,
    }
    values.update({name: _select(event, path) for name, path in (input_paths_map or {}).items()})
    text = _is_text(input_template)
    filled = _fill(input_template, lambda name: _bare(values[name]), lambda name: _quoted(values[name], text=text))
    if text:
        return filled
    try:
        return _json(json.loads(filled))
    except json.JSONDecodeError as error:
        raise UndeliverableInput(
            f"the filled InputTemplate is not JSON, because EventBridge does not escape values: {error}: {filled!r}"
        ) from error


def validate(
    *,
    input: str | None = None,  # noqa: A002 - the API's name
    input_path: str | None = None,
    input_paths_map: Mapping[str, str] | None = None,
    input_template: str | None = None,
) -> None:
    """Raise `InvalidInputTransformer` for parameters that PutTargets refuses or the sandbox does not support."""
    transformer = input_template is not None or input_paths_map is not None
    if [input is not None, input_path is not None, transformer].count(True) > 1:
        raise InvalidInputTransformer("Only one of Input, InputPath, or InputTransformer must be provided")
    if input is not None and not _is_json(input):
        raise InvalidInputTransformer(f"Input is not JSON: {input!r}")
    if input_path is not None:
        _steps(input_path, "InputPath")
    if transformer:
        _validate_transformer(input_paths_map or {}, input_template)


_PREDEFINED = frozenset(
    {
        "aws.events.rule-arn",
        "aws.events.rule-name",
        "aws.events.event.ingestion-time",
        "aws.events.event",
        "aws.events.event.json",
    }
)
_DOCUMENTS = frozenset({"aws.events.event", "aws.events.event.json"})
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_STEP = re.compile(r"[A-Za-z0-9_/-]+")
_TOKEN = re.compile(r'(?P<escaped>\\.)|(?P<quote>")|<(?P<name>[A-Za-z0-9_.-]+)>', re.DOTALL)
_LINES = re.compile(r'\s*"(?:[^"\\\n]|\\[^\n])*"(?:[^\S\n]*\n\s*"(?:[^"\\\n]|\\[^\n])*")*\s*')


def _validate_transformer(paths: Mapping[str, str], template: str | None) -> None:
    if not template:
        raise InvalidInputTransformer("InputTransformer has no InputTemplate")
    if len(template) > MAX_TEMPLATE:
        raise InvalidInputTransformer(
            f"InputTemplate has {len(template)} characters; at most {MAX_TEMPLATE} are allowed"
        )
    if len(paths) > MAX_PATHS:
        raise InvalidInputTransformer(f"InputPathsMap has {len(paths)} members; at most {MAX_PATHS} are allowed")
    for name, path in paths.items():
        if _NAME.fullmatch(name) is None or name.lower().startswith("aws"):
            raise InvalidInputTransformer(f"InputPathsMap has a reserved or malformed name {name!r}")
        _steps(path, f"InputPathsMap.{name}")

    def known(name: str, inserted: str) -> str:
        if name not in paths and name not in _PREDEFINED:
            raise InvalidInputTransformer(f"InputTemplate contains invalid placeholder {name}.")
        if not inserted and name in _DOCUMENTS:
            raise InvalidInputTransformer(
                f"InputTemplate has {name} inside a string, where EventBridge does not escape it"
            )
        return inserted

    sample = _fill(template, lambda name: known(name, "0"), lambda name: known(name, ""))
    if not _is_text(template) and not _is_json(sample):
        raise InvalidInputTransformer(f"InputTemplate is neither JSON nor lines of quoted text: {template!r}")


def _fill(template: str, bare: Callable[[str], str], quoted: Callable[[str], str]) -> str:
    """Return the template with its placeholders replaced: by `quoted` inside a string, and by `bare` elsewhere."""
    inside = False

    def insert(token: re.Match[str]) -> str:
        nonlocal inside
        if token["name"] is not None:
            return (quoted if inside else bare)(token["name"])
        inside ^= token["quote"] is not None
        return token[0]

    return _TOKEN.sub(insert, template)


def _bare(value: object) -> str:
    return _json("" if value is None else value)


def _quoted(value: object, *, text: bool) -> str:
    if isinstance(value, str) or value is None:
        return value or ""
    return _json(value).replace('"', "") if text else _json(value)


def _envelope(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event as `<aws.events.event>` shows it: without its detail, and with `detailType` as a key."""
    return {"detailType" if name == "detail-type" else name: event[name] for name in event if name != "detail"}


def _select(event: Mapping[str, Any], path: str) -> object:
    found: object = event
    for step in _steps(path, "path"):
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    return found


def _steps(path: str, where: str) -> list[str]:
    """Return the steps of a path such as `$.detail.containers`."""
    root, *steps = path.split(".")
    if len(path) > MAX_PATH:
        raise InvalidInputTransformer(f"{where} has {len(path)} characters; at most {MAX_PATH} are allowed")
    if root != "$" or not all(_STEP.fullmatch(step) for step in steps):
        kinds = {"..": "a recursive descent", "?": "a filter", "*": "a wildcard", "[": "an array index"}
        kind = next((name for sign, name in kinds.items() if sign in path), "an unknown form")
        raise InvalidInputTransformer(
            f"{where} must be a path like $.a.b.c; the sandbox does not support {kind}: {path!r}"
        )
    return steps


def _is_text(template: str) -> bool:
    return _LINES.fullmatch(template) is not None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
