"""EventBridge event patterns: what PutRule accepts, and which events a pattern matches.

Judges as event-ruler, the library that EventBridge runs on, does; see "Creating Amazon EventBridge event patterns" in
the EventBridge User Guide. What a rule may say and the sandbox cannot judge is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.events.event_operators import RESERVED_IN_OR, Alternative, InvalidEventPattern, Value, alternative

__all__ = ["MAX_LENGTH", "InvalidEventPattern", "Pattern", "compile_pattern"]

MAX_LENGTH = 4096
"""Characters of an event pattern (EventBridge quotas)."""


@dataclass(frozen=True)
class Pattern:
    """A compiled event pattern: its branches, of which one must match, each a field path and what it may be."""

    branches: Sequence[Mapping[str, Sequence[Alternative]]]

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Tell whether the event satisfies a branch, with all fields under one array taken from one element of it."""
        fields: dict[str, list[_Found]] = {}
        _collect(event, "", {}, fields, iter(range(1 << 62)))
        return any(_satisfies(sorted(branch.items()), fields, {}) for branch in self.branches)


def compile_pattern(pattern: str | Mapping[str, Any]) -> Pattern:
    """Compile a pattern from its JSON, or from what the JSON says; `InvalidEventPattern` says why PutRule refuses it.

    A field that is named both outside and inside `$or` is not an "and": within a branch the later one replaces the
    other, as in EventBridge.
    """
    text = pattern if isinstance(pattern, str) else json.dumps(pattern, separators=(",", ":"), ensure_ascii=False)
    if len(text) > MAX_LENGTH:
        msg = f"it has {len(text)} characters, of {MAX_LENGTH} allowed"
        raise InvalidEventPattern(msg)
    try:
        parsed = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        msg = f"not JSON: {error}"
        raise InvalidEventPattern(msg) from error
    if not isinstance(parsed, dict):
        msg = "Filter is not an object"
        raise InvalidEventPattern(msg)
    return Pattern(_compile_object([], parsed, "", in_or=False))


_Membership = Mapping[int, int]
_Branch = dict[str, Sequence[Alternative]]


@dataclass(frozen=True)
class _Found:
    """A leaf of an event, and the element of each array (by number) that it was found in."""

    value: Value
    membership: _Membership


def _compile_object(branches: list[_Branch], fields: Mapping[str, Any], path: str, *, in_or: bool) -> list[_Branch]:
    """Extend every branch by the fields of an object; document order decides what replaces what."""
    if not fields:
        msg = "Empty objects are not allowed"
        raise InvalidEventPattern(msg)
    for name, wanted in fields.items():
        if name == "$or":
            branches = _compile_or(branches, wanted, path)
        elif in_or and name in RESERVED_IN_OR:
            msg = f"{name} is Ruler reserved fieldName which cannot be used inside $or."
            raise InvalidEventPattern(msg)
        elif isinstance(wanted, dict):
            branches = _compile_object(branches, wanted, f"{path}{name}.", in_or=in_or)
        elif isinstance(wanted, list):
            if not wanted:
                msg = "Empty arrays are not allowed"
                raise InvalidEventPattern(msg)
            alternatives = [alternative(value) for value in wanted]
            branches = [{**branch, f"{path}{name}": alternatives} for branch in branches or [{}]]
        else:
            msg = f'"{name}" must be an object or an array'
            raise InvalidEventPattern(msg)
    return branches


def _compile_or(branches: list[_Branch], choices: object, path: str) -> list[_Branch]:
    if not isinstance(choices, list):
        msg = "It must be an Array followed with $or."
        raise InvalidEventPattern(msg)
    if not all(isinstance(choice, dict) for choice in choices):
        msg = "Only JSON object is allowed in array of $or relationship."
        raise InvalidEventPattern(msg)
    if len(choices) < 2:  # noqa: PLR2004 - an "or" has two sides
        msg = "There must have at least 2 Objects in $or relationship."
        raise InvalidEventPattern(msg)
    return [branch for choice in choices for branch in _compile_object(branches, choice, path, in_or=True)]


def _collect(
    node: object, path: str, membership: _Membership, fields: dict[str, list[_Found]], array_numbers: Iterator[int]
) -> None:
    """List every leaf below `node` under its dotted path; an empty array or object has none."""
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
        msg = f"{path} is not a JSON value: {node!r}"
        raise TypeError(msg)


def _satisfies(
    wanted: Sequence[tuple[str, Sequence[Alternative]]], fields: Mapping[str, Sequence[_Found]], chosen: _Membership
) -> bool:
    """Search a leaf for each wanted path, in the order of the paths, such that no array gives two of its elements.

    Absence is judged by the elements chosen so far: it is of all elements unless a path that sorts before it chose one.
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
        msg = f'"{twice}" twice in one object is unknown to the sandbox'
        raise InvalidEventPattern(msg)
    return members


def _refuse_constant(constant: str) -> None:
    msg = f"not JSON: {constant}"
    raise InvalidEventPattern(msg)
