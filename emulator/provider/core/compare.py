"""Comparison of property values: whether two values mean the same to AWS, and their differences."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TYPE_CHECKING

from emulator.provider.core.properties import has_unknown, is_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from emulator.provider.core.properties import Json, Properties


@dataclass(frozen=True)
class Rules:
    """The rules for comparing a resource type's values. Keys are dotted paths without list indexes: `target.input`."""

    ambient: Mapping[str, Json] = field(default_factory=dict)
    """The values that absent properties stand for: the provider's defaults, and the defaults that AWS fills in."""
    computed: frozenset[str] = frozenset()
    """Properties that keep AWS's value when the program sets none."""
    canonical: Mapping[str, Callable[[Json], Json]] = field(default_factory=dict)
    """Functions that convert all spellings of a value to one form: JSON text, sets, ARN or name."""


@dataclass(frozen=True)
class Change:
    """One difference: its path, and the old and the new value (None where absent)."""

    path: tuple[str | int, ...]
    old: Json
    new: Json


def same(rules: Rules, old: Json, new: Json, path: str = "") -> bool:
    """Return whether `old` and `new` mean the same; an unknown never equals anything."""
    return next(changes(rules, old, new, (), path), None) is None


def changes(
    rules: Rules,
    old: Json,
    new: Json,
    at: tuple[str | int, ...] = (),
    path: str = "",
) -> Iterator[Change]:
    """Yield the differences between `old` and `new`, at the deepest level that the rules can distinguish."""
    equal_text = isinstance(new, str) and old == new and not is_unknown(new)  # also spares its canonical form
    if equal_text or (path in rules.computed and new is None):
        return
    old, new = _filled(rules, old, path), _filled(rules, new, path)
    if is_unknown(new) or is_unknown(old):
        yield Change(at, old, new)
    elif (canonical := rules.canonical.get(path)) and not has_unknown([old, new]):
        before, after = (None if value is None else canonical(value) or None for value in (old, new))
        if _sort_key(before) != _sort_key(after):
            yield Change(at, old, new)
    elif isinstance(old, dict | None) and isinstance(new, dict | None) and not (old is None and new is None):
        before, after = old or {}, new or {}
        keys = [*before, *(key for key in after if key not in before)]
        inner = (changes(rules, before.get(key), after.get(key), (*at, key), _join(path, key)) for key in keys)
        found = chain.from_iterable(inner)
        if (old is None or new is None) and at:
            # A block that appears or disappears is one change, or no change when it has only default values.
            yield from (Change(at, old, new) for _ in islice(found, 1))
        else:
            yield from found
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (was, now) in enumerate(zip(old, new, strict=True)):
            yield from changes(rules, was, now, (*at, index), path)
    elif _scalar(_pruned(old)) != _scalar(_pruned(new)):
        yield Change(at, old, new)


def as_inputs(rules: Rules, inputs: Properties, actual: Properties, accepted: frozenset[str]) -> Properties:
    """Return the inputs that describe `actual`: the unchanged ones as written in `inputs`, and the changed values.

    `actual` are the values on AWS. A value that is absent from the inputs appears only when AWS did not choose it.
    """
    found = {key: value for key, value in actual.items() if key in accepted}
    return _described(rules, inputs, found, "") or {}


def keep_spelling(rules: Rules, before: Properties, actual: Properties) -> Properties:
    """Return `actual`, where each value that means the same as in `before` keeps the spelling of `before`."""
    result = dict(actual)
    for key, value in actual.items():
        if key in before:
            old = before[key]
            if same(rules, old, value, key) and not has_unknown(old):
                result[key] = _merged(old, value)
            elif isinstance(old, dict) and isinstance(value, dict) and key not in rules.canonical:
                result[key] = keep_spelling(_below(rules, key), old, value)
    return result


def path_text(path: tuple[str | int, ...]) -> str:
    """Return `path` in the engine's notation: `a.b[0]["c.d"]`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.replace("_", "a").replace("-", "a").isalnum():
            text += f".{part}" if text else part
        else:
            text += f"[{json.dumps(part)}]"
    return text


def json_text(value: Json) -> Json:
    """Return the canonical form of text that may be JSON: its parsed value."""
    if isinstance(value, str):
        try:
            return {"json": json.loads(value)}
        except ValueError:
            return value
    return {"json": value}


def policy_document(value: Json) -> Json:
    """Return the canonical form of an IAM policy: a one-element list equals its element, and lists have no order."""
    return _policy(json_text(value))


def unordered(value: Json) -> Json:
    """Return the canonical form of a list that AWS treats as a set."""
    return sorted((_pruned(item) for item in value), key=_sort_key) if isinstance(value, list) else value


def last_segment(value: Json) -> Json:
    """Return the canonical form of a name or ARN where AWS accepts both: the text after the last slash."""
    return value.rsplit("/", 1)[-1] if isinstance(value, str) else value


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _filled(rules: Rules, value: Json, path: str) -> Json:
    return rules.ambient.get(path) if value is None or value in ("", {}, []) else value


def _described(rules: Rules, inputs: Json, actual: Json, path: str) -> Json:
    if inputs is None and path in rules.computed:
        return None
    if path and same(rules, inputs, actual, path):
        return inputs
    if isinstance(actual, dict) and path not in rules.canonical and isinstance(inputs, dict | None):
        given = inputs or {}
        keys = [*given, *(key for key in actual if key not in given)]
        described = {key: _described(rules, given.get(key), actual.get(key), _join(path, key)) for key in keys}
        return {key: value for key, value in described.items() if value is not None}
    return actual


def _merged(spelled: Json, actual: Json) -> Json:
    # Both mean the same: use the spelling of the program, and add the keys that only AWS has.
    if isinstance(spelled, dict) and isinstance(actual, dict):
        added = {key: value for key, value in actual.items() if key not in spelled}
        return {key: _merged(value, actual[key]) if key in actual else value for key, value in spelled.items()} | added
    return spelled


def _below(rules: Rules, key: str) -> Rules:
    start = f"{key}."
    return Rules(
        {path.removeprefix(start): value for path, value in rules.ambient.items() if path.startswith(start)},
        frozenset(path.removeprefix(start) for path in rules.computed if path.startswith(start)),
        {path.removeprefix(start): value for path, value in rules.canonical.items() if path.startswith(start)},
    )


def _pruned(value: Json) -> Json:
    """Return the value without empty parts: absent, empty, false and zero are equal, unless there is a default."""
    if isinstance(value, dict):
        kept = {key: _pruned(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None} or None
    if isinstance(value, list):
        return [_pruned(item) for item in value] or None
    return value or None


def _scalar(value: Json) -> Json:
    # The real provider converts between numbers and their text ("256" and 256) by the property's type.
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _policy(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _policy(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_policy(item) for item in value]
        if len(items) == 1:
            return items[0]
        return sorted(items) if all(isinstance(item, str) for item in items) else items
    return value


def _sort_key(value: Json) -> str:
    return json.dumps(value, sort_keys=True, default=str)
