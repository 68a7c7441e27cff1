"""What the target of an EventBridge rule receives: the event, a part of it, a constant, or a filled template.

Follows "Amazon EventBridge input transformation" of the EventBridge User Guide, and API Target and InputTransformer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

MAX_PATHS = 100
"""Members of InputPathsMap (API InputTransformer)."""
MAX_TEMPLATE = 8192
"""Characters of InputTemplate (API InputTransformer)."""
MAX_PATH = 256
"""Characters of InputPath and of each path in InputPathsMap (API Target)."""


class InvalidInputTransformer(ValueError):  # noqa: N818 - named for what PutTargets refuses
    """Input parameters of a target that PutTargets refuses, or that the sandbox does not know."""


class UndeliverableInput(ValueError):  # noqa: N818 - named for what happens to it
    """What EventBridge made of an event is no input: it drops the event and counts a failed invocation."""


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

    A path of the map that finds nothing, or null, leaves its placeholder empty: nothing inside a string, `""` as a JSON
    value. EventBridge does not escape what it inserts into a string. So a quote, a backslash, a line break, an object
    or an array inside a string of a JSON template leaves no JSON, which raises `UndeliverableInput`; a bare
    placeholder takes all of them. Lines of quoted text take values as they are, an object or array without its quotes.

    `<aws.events.event.ingestion-time>` is the event's time unless `ingestion_time` (ISO 8601) tells another.
    Raises `InvalidInputTransformer` as `validate` does.
    """
    validate(input=input, input_path=input_path, input_paths_map=input_paths_map, input_template=input_template)
    if input is not None:
        return input
    if input_path is not None:
        selected = _select(event, input_path)
        if selected is None:
            msg = f"InputPath {input_path} finds nothing in the event"
            raise UndeliverableInput(msg)
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
        msg = f"the filled InputTemplate is not JSON, since EventBridge does not escape values: {error}: {filled!r}"
        raise UndeliverableInput(msg) from error


def validate(
    *,
    input: str | None = None,  # noqa: A002 - the API's name
    input_path: str | None = None,
    input_paths_map: Mapping[str, str] | None = None,
    input_template: str | None = None,
) -> None:
    """Raise `InvalidInputTransformer` for parameters that PutTargets refuses or the sandbox does not know."""
    transformer = input_template is not None or input_paths_map is not None
    if [input is not None, input_path is not None, transformer].count(True) > 1:
        msg = "Only one of Input, InputPath, or InputTransformer must be provided"
        raise InvalidInputTransformer(msg)
    if input is not None and not _is_json(input):
        msg = f"Input is not JSON: {input!r}"
        raise InvalidInputTransformer(msg)
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
        msg = "InputTransformer without an InputTemplate"
        raise InvalidInputTransformer(msg)
    if len(template) > MAX_TEMPLATE:
        msg = f"InputTemplate has {len(template)} characters, of {MAX_TEMPLATE} allowed"
        raise InvalidInputTransformer(msg)
    if len(paths) > MAX_PATHS:
        msg = f"InputPathsMap has {len(paths)} members, of {MAX_PATHS} allowed"
        raise InvalidInputTransformer(msg)
    for name, path in paths.items():
        if _NAME.fullmatch(name) is None or name.lower().startswith("aws"):
            msg = f"InputPathsMap has a reserved or malformed name {name!r}"
            raise InvalidInputTransformer(msg)
        _steps(path, f"InputPathsMap.{name}")

    def known(name: str, inserted: str) -> str:
        if name not in paths and name not in _PREDEFINED:
            msg = f"InputTemplate contains invalid placeholder {name}."
            raise InvalidInputTransformer(msg)
        if not inserted and name in _DOCUMENTS:
            msg = f"InputTemplate has {name} inside a string, where EventBridge does not escape it"
            raise InvalidInputTransformer(msg)
        return inserted

    sample = _fill(template, lambda name: known(name, "0"), lambda name: known(name, ""))
    if not _is_text(template) and not _is_json(sample):
        msg = f"InputTemplate is neither JSON nor lines of quoted text: {template!r}"
        raise InvalidInputTransformer(msg)


def _fill(template: str, bare: Callable[[str], str], quoted: Callable[[str], str]) -> str:
    """Replace each placeholder, by `quoted` where a string surrounds it and by `bare` elsewhere."""
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
    """Return the event as `<aws.events.event>` has it: no detail, and the type under another name."""
    return {"detailType" if name == "detail-type" else name: event[name] for name in event if name != "detail"}


def _select(event: Mapping[str, Any], path: str) -> object:
    found: object = event
    for step in _steps(path, "path"):
        if not isinstance(found, Mapping) or step not in found:
            return None
        found = found[step]
    return found


def _steps(path: str, where: str) -> list[str]:
    """Split a path such as `$.detail.containers` into its steps."""
    root, *steps = path.split(".")
    if len(path) > MAX_PATH:
        msg = f"{where} has {len(path)} characters, of {MAX_PATH} allowed"
        raise InvalidInputTransformer(msg)
    if root != "$" or not all(_STEP.fullmatch(step) for step in steps):
        kinds = {"..": "a recursive descent", "?": "a filter", "*": "a wildcard", "[": "an array index"}
        kind = next((name for sign, name in kinds.items() if sign in path), "something")
        msg = f"{where} has {kind} that the sandbox does not know: {path!r}; it knows $.a.b.c"
        raise InvalidInputTransformer(msg)
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
