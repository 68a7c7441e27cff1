"""Draws what jobs ask of their runs, and the calendars that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.valid_files.chance import Chance
    from tests.valid_files.places import Place

_CALENDARS: Mapping[str, Sequence[Any]] = {
    "holidays": (["2026-12-25"], ["2026-12-25", "2026-12-26", "2027-01-01"], []),
    "black-week": (
        {"from": "2026-11-23", "until": "2026-11-29", "reason": "No changes; not ours"},
        {"from": "2041-11-23T18:00:00", "until": "2041-11-30T06:00:00"},
        {"from": "2041-11-23T18:00:00+01:00", "until": "2041-11-30T06:00:00Z"},
    ),
    "off": (["2026-12-24", {"from": "2026-12-27", "until": "2026-12-27", "reason": "é"}],),
}
_COMMON: Mapping[str, Sequence[Any]] = {
    "timeout": ("1s", "90m", "1h30m"),
    "start_timeout": ("1m", "24h"),
    "retries": (1, 10),
    "backoff": ("1s", "1m30s", "1h"),
    "retry_on": ([75], [1, 255], []),
    "total_timeout": ("25h", "336h"),
    "start_deadline": ("1h", "23h59m59s"),
    "late": ("all", "last", "none"),
}
_NOTHING: Mapping[str, object] = {
    "overlap": "allow",
    "late": "all",
    "retries": 0,
    "not_on": [],
    "run_revision": "newest",
}
"""By field, the value that asks for nothing. Backoff and exit codes ask for nothing by themselves."""


def calendars(chance: Chance) -> dict[str, Any]:
    """Return a section of calendars."""
    return {name: chance.one(_CALENDARS[name]) for name in chance.some([*_CALENDARS])}


def ask(
    chance: Chance,
    levels: tuple[dict[str, Any], dict[str, Any]],
    forms: Sequence[Any],
    place: Place,
    known: Sequence[str],
) -> bool:
    """Set what a job asks for, in its file, in its entry, and again in some of its schedules; return whether it does.

    `levels` are the fields of the file and the keys of the entry; `known` are the names of the calendars.
    """
    fields, entry = levels
    if chance.says(0.4):
        return False
    drawn = _drawn(chance, windows=any(isinstance(form, dict) and "window" in form for form in forms))
    if place.of_service:
        drawn["run_revision"] = ("newest", "service")
    drawn["not_on"] = (list(known), [])
    for name, options in drawn.items():
        value, repeated = chance.one(options), chance.one(options)
        if chance.says():
            fields[name] = value
        else:
            entry[to_camel(name)] = value
        for form in forms:
            if isinstance(form, dict) and chance.says(0.1):
                form[to_camel(name)] = repeated
    effective = [{**fields, **_as_fields(entry), **_as_fields(form)} for form in forms]
    names = [name for name in drawn if name not in {"backoff", "retry_on"}]
    return any(name in one and one[name] != _NOTHING.get(name) for one in effective for name in names)


def _drawn(chance: Chance, *, windows: bool) -> dict[str, Sequence[Any]]:
    """Return the values that some fields may have, which go together in any choice."""
    drawn = {name: _COMMON[name] for name in chance.some([*_COMMON])}
    if "retries" not in drawn:
        drawn = {name: options for name, options in drawn.items() if name not in {"backoff", "retry_on"}}
    if windows:
        drawn.pop("start_deadline", None)
    if chance.says():
        overlaps = ["skip"]
        overlaps += ["replace"] if "timeout" in drawn or "retries" not in drawn else []
        overlaps += ["queue"] if not windows and "start_deadline" not in drawn else []
        drawn["overlap"] = overlaps
        if chance.says():
            drawn["lock"] = ("orders-db", "A", "0._-" + "z" * 60)
    elif chance.says():
        drawn["overlap"] = ("allow",)
    return drawn


def _as_fields(form: object) -> dict[str, Any]:
    """Return the keys of a form, with the names of fields."""
    names = {to_camel(name): name for name in (*_COMMON, *_NOTHING, "lock")}
    return {names[key]: value for key, value in form.items() if key in names} if isinstance(form, dict) else {}
