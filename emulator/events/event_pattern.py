"""EventBridge event patterns: compile a pattern as PutRule does, and match events with it.

Follows event-ruler, the library that EventBridge runs on; see "Creating Amazon EventBridge event patterns" in the
EventBridge User Guide. An element that EventBridge supports and the sandbox does not is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.events.event_operators import RESERVED_IN_OR, Alternative, InvalidEventPattern, Value, alternative

__all__ = ["MAX_LENGTH", "InvalidEventPattern", "Pattern", "compile_pattern"]

MAX_LENGTH = 4096
"""The most characters of an event pattern (EventBridge quotas)."""


@dataclass(frozen=True)
class Pattern:
    """A compiled event pattern: an event must match one of its branches, which map field paths to alternatives."""

    branches: Sequence[Mapping[str, Sequence[Alternative]]]

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Return whether the event satisfies a branch; all fields under one array must come from one element of it."""
        fields: dict[str, list[_Found]] = {}
        _collect(event, "", {}, fields, iter(range(1 << 62)))
        return any(_satisfies(sorted(branch.items()), fields, {}) for branch in self.branches)


def compile_pattern(pattern: str | Mapping[str, Any]) -> Pattern:
    """Return the compiled form of a pattern, which is JSON text or its parsed value.

    Raises `InvalidEventPattern` with the reason when PutRule refuses the pattern. When a field is named both outside
    and inside `$or`, the two are not combined with "and": within a branch the later one replaces the other, as in
    EventBridge.
    """
    text = pattern if isinstance(pattern, str) else json.dumps(pattern, separators=(",", ":"), ensure_ascii=False)
    if len(text) > MAX_LENGTH:
        raise InvalidEventPattern(f"the pattern has {len(text)} characters; at most {MAX_LENGTH} are allowed")
    try:
        parsed = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise InvalidEventPattern(f"not JSON: {error}") from error
    if not isinstance(parsed, dict):
        raise InvalidEventPattern("Filter is not an object")
    return Pattern(_compile_object([], parsed, "", in_or=False))


_Membership = Mapping[int, int]
_Branch = dict[str, Sequence[Alternative]]


@dataclass(frozen=True)
class _Found:
    """A leaf of an event, with the index of its element in each array (by number) that contains it."""

    value: Value
    membership: _Membership


def _compile_object(branches: list[_Branch], fields: Mapping[str, Any], path: str, *, in_or: bool) -> list[_Branch]:
    """Return the branches extended by the fields of an object; a later field replaces an earlier one."""
    if not fields:
        raise InvalidEventPattern("Empty objects are not allowed")
    for name, wanted in fields.items():
        if name == "$or":
            branches = _compile_or(branches, wanted, path)
        elif in_or and name in RESERVED_IN_OR:
            raise InvalidEventPattern(f"{name} is Ruler reserved fieldName which cannot be used inside $or.")
        elif isinstance(wanted, dict):
            branches = _compile_object(branches, wanted, f"{path}{name}.", in_or=in_or)
        elif isinstance(wanted, list):
            if not wanted:
                raise InvalidEventPattern("Empty arrays are not allowed")
            alternatives = [alternative(value) for value in wanted]
            branches = [{**branch, f"{path}{name}": alternatives} for branch in branches or [{}]]
        else:
            raise InvalidEventPattern(f'"{name}" must be an object or an array')
    return branches


def _compile_or(branches: list[_Branch], choices: object, path: str) -> list[_Branch]:
    if not isinstance(choices, list):
        raise InvalidEventPattern("It must be an Array followed with $or.")
    if not all(isinstance(choice, dict) for choice in choices):
        raise InvalidEventPattern("Only JSON object is allowed in array of $or relationship.")
    if len(choices) < 2:  # noqa: PLR2004 - an "or" has two sides
        raise InvalidEventPattern("There must have at least 2 Objects in $or relationship.")
    return [branch for choice in choices for branch in _compile_object(branches, choice, path, in_or=True)]


def _collect(
    node: object, path: str, membership: _Membership, fields: dict[str, list[_Found]], array_numbers: Iterator[int]
) -> None:
    """Add every leaf below `node` to `fields` under its dotted path; an empty array or object has no leaves."""
    if isinstance(node, Mapping):
        prefix = f"{path}." if path else ""
        for name, child in node.items():
            _collect(child, f"{prefix}{name}", membership, fields, array_numbers)
    elif isinstance(node, list | tuple):
        number = next(array_numbers)
        for index, element in enumerate(node):
            nested = isinstance(element, Mapping | list | tuple)
            within = {**membership, number: index} if nested else membership
            _collect(element, path, within, fields, array_numbers)
    elif node is None or isinstance(node, str | bool | int | float):
        fields.setdefault(path, []).append(_Found(node, membership))
    else:
        raise TypeError(f"{path} is not a JSON value: {node!r}")


def _satisfies(
    wanted: Sequence[tuple[str, Sequence[Alternative]]], fields: Mapping[str, Sequence[_Found]], chosen: _Membership
) -> bool:
    """Return whether each wanted path has an accepted leaf, where no array contributes two of its elements.

    The paths are searched in their order. A field counts as absent when it is absent from the elements chosen so far.
    Where no earlier path chose an element, the field must be absent from all elements of the array.
    """
    if not wanted:
        return True
    (path, alternatives), *rest = wanted
    reachable = [leaf for leaf in fields.get(path, ()) if _agree(chosen, leaf.membership)]
    if not reachable:
        return any(choice.absent for choice in alternatives) and _satisfies(rest, fields, chosen)
    return any(
        _satisfies(rest, fields, {**chosen, **leaf.membership})
        for leaf in reachable
        if any(choice.accepts(leaf.value) for choice in alternatives)
    )


def _agree(chosen: _Membership, membership: _Membership) -> bool:
    return all(chosen.get(array, element) == element for array, element in membership.items())


def _without_duplicates(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidEventPattern(f'the sandbox does not support an object that has "{twice}" twice')
    return members


def _refuse_constant(constant: str) -> None:
    raise InvalidEventPattern(f"not JSON: {constant}")
