"""Collects the mistakes in the user's input, so that one report names all of them."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pydantic

from settings import unquoted
from settings.patterns import HALF, RESERVED, in_words
from settings.type_schema import keys_at, places_at
from watch.redaction import hidden, is_arn, looks_secret, password_in
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pydantic_core import ErrorDetails

T = TypeVar("T")

_LONGEST_VALUE = 120
_PLAIN_KEY = re.compile(r"[\w:-]+")
_STEP = re.compile(r"[.\[:]")
_HIDDEN = "[secret]"
"""What a message has in place of a secret."""
_VARIABLES = re.compile(r"\.(secrets|environment|args)(?P<name>[.\[].*)?$")
"""The end of a key path to variables, or to one of them."""
_KEY = re.compile(r'"([^"]*)": ')
"""A key of a mapping in JSON."""
_SOURCE = re.compile(r"arn:|/")
"""The beginning of a value that says where a secret is."""
_RECEIVER = re.compile(r":receivers(?P<key>[.\[].*)?$")
"""The end of a key path to a receiver, or to one of its values."""
_SIGNING = "whsec_"
"""Begins the secrets of Standard Webhooks."""
_NO_KEYS = frozenset(
    {"[key]", "[name]", "[number]", "[mapping]", "[list]", "[scratch]", "[efs]", "[function]", "[handler]"}
)
"""In pydantic's paths, these are the mark of a mapping's key and the tags of unions that differ by their form."""
_UNKNOWN = "extra_forbidden"
"""Pydantic's type of the error about an unknown key."""
_REWORDED = {
    "Input should be": "must be",
    "a valid boolean": "true or false",
    "a valid integer": "an integer",
    "a valid ": "a ",
    " after validation": "",
}


class InvalidInput(Exception):  # noqa: N818 - the name reads as what the user gave
    """Config or job files that have mistakes; `str()` is the whole report."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Store the problems in the order of the report."""
        self.problems = tuple(problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__(f"{count} to fix before anything is deployed:\n" + "\n".join(f"  {p}" for p in self.problems))


@dataclass(frozen=True)
class Problem:
    """One mistake: its place, and a message that says how to fix it."""

    where: str
    """A key path, such as `scheduled-jobs:schedules.export.cron`, or a file."""

    message: str

    def __str__(self) -> str:
        """Return the place and the message in one line."""
        return f"{self.where}: {self.message}"


class Problems:
    """A list of problems that grows while the input is read."""

    def __init__(self) -> None:
        """Start with an empty list."""
        self._problems: dict[Problem, None] = {}
        self._places: set[str] = set()
        self._warnings: list[Problem] = []
        self._notes: list[Problem] = []
        self._typed: Mapping[str, str] = {}
        self._secrets: set[str] = set()
        self._around_secrets: set[str] = set()

    def hide_values_under(self, paths: Iterable[str]) -> None:
        """Never repeat a value under one of these paths, or under the paths of earlier calls: it is a secret."""
        for path in paths:
            self._secrets.add(path)
            self._around_secrets.update(_places(path))

    def show_as_typed(self, typed: Mapping[str, str]) -> None:
        """Show the values at these key paths as they were typed, such as `0777` for the number 511."""
        self._typed = typed

    def add(self, where: str, message: str) -> None:
        """Record a mistake. A mistake that is found again is recorded once."""
        problem = Problem(visible(where), visible(message))
        self._problems[problem] = None
        self._places.update(_places(problem.where))

    def add_value(self, where: str, value: object, message: str) -> None:
        """Record a mistake about a value. The message repeats the value unless it is secret."""
        self.add(where, f"{self.shown(where, value)}: {message}")

    def add_error(self, where: str, value: object, error: Exception) -> None:
        """Record an error about a value. For a secret the error's text is left out, since it may quote the value."""
        self.add_value(where, value, "is not valid" if self._is_secret(where) else str(error))

    def warn(self, where: str, value: object, message: str) -> None:
        """Record a warning about a value, which does not prevent a deployment. A warning is recorded once."""
        warning = Problem(visible(where), visible(f"{self.shown(where, value)}: {message}"))
        if warning not in self._warnings:
            self._warnings.append(warning)

    @property
    def warnings(self) -> Sequence[Problem]:
        """The warnings, in the order found. They are not part of the report."""
        return tuple(self._warnings)

    def note(self, where: str, message: str) -> None:
        """Record what the user should know, although it is no mistake. A note is recorded once."""
        note = Problem(visible(where), visible(message))
        if note not in self._notes:
            self._notes.append(note)

    @property
    def notes(self) -> Sequence[Problem]:
        """The notes, in the order found. They are not part of the report."""
        return tuple(self._notes)

    def about(self, where: str) -> bool:
        """Return whether a mistake at this place, or inside it, is already recorded."""
        return where in self._places

    def shown(self, where: str, value: object) -> str:
        """Return the value at a place as text for a message, unless it is secret or looks like a secret."""
        return _HIDDEN if self._is_secret(where) or _looks_secret(where, value) else show(value)

    def raise_if_any(self) -> None:
        """Raise `InvalidInput` with all problems, if there are any."""
        if self._problems:
            raise InvalidInput(tuple(self._problems))

    def __len__(self) -> int:
        """Return the number of problems."""
        return len(self._problems)

    def __iter__(self) -> Iterator[Problem]:
        """Return the problems in the order found."""
        return iter(self._problems)

    def validate(self, kind: pydantic.TypeAdapter[T], value: object, where: str) -> T | None:
        """Return `value` as `kind`, or None after recording every mistake in it."""
        try:
            return kind.validate_python(value)
        except pydantic.ValidationError as error:
            details = error.errors()
        self._add_details(where, kind, details)
        if all(detail["type"] == _UNKNOWN for detail in details):  # they have kept pydantic from judging the whole
            self.validate(kind, _without(value, details), where)
        return None

    def validate_parts(self, kind: pydantic.TypeAdapter[T], value: object, where: str) -> T | None:
        """Return the valid parts of `value` as `kind` after recording every mistake in it; None when none is valid."""
        try:
            return kind.validate_python(value)
        except pydantic.ValidationError as error:
            details = error.errors()
        self._add_details(where, kind, details)
        rest = _without(value, details)
        return None if rest is None else self.validate_parts(kind, rest, where)

    def _add_details(self, where: str, kind: pydantic.TypeAdapter[Any], details: Sequence[ErrorDetails]) -> None:
        for detail in details:
            self._add_detail(where, kind, detail)

    def _is_secret(self, where: str) -> bool:
        """Return whether a place is secret or contains a secret, so that its value must not be shown."""
        return where in self._around_secrets or not self._secrets.isdisjoint(_places(where))

    def _add_detail(self, where: str, kind: pydantic.TypeAdapter[Any], detail: ErrorDetails) -> None:
        unknown = detail["type"] == _UNKNOWN
        *above, last = detail["loc"] or ("[key]",)
        # An unknown key may have the same name as one of pydantic's marks.
        parts = [
            *(part for part in above if part not in _NO_KEYS),
            *([last] if unknown or last not in _NO_KEYS else []),
        ]
        path, context = key_path(where, *parts), detail.get("ctx", {})
        match detail["type"]:
            case "missing":
                self.add(path, "is missing")
            case "extra_forbidden":
                self.add(path, "unknown key" + accepted(str(parts[-1]), keys_at(kind, parts[:-1])))
            case "value_error":
                self.add_error(path, detail["input"], context["error"])
            case "string_pattern_mismatch":
                self.add_value(path, detail["input"], in_words(context["pattern"]))
            case _ if detail["type"] == RESERVED:
                self.add(path, detail["msg"])
            case "string_type":
                self._add_no_text(path, detail["input"], places_at(kind, parts))
            case "string_unicode":
                self.add_value(path, detail["input"], HALF)
            case "dict_type" | "model_type":
                self.add_value(path, detail["input"], "must be a mapping")
            case "is_instance_of" | "sequence_str":
                self.add_value(path, detail["input"], "must be a list")
            case _:
                self.add_value(path, detail["input"], _in_our_words(detail["msg"]))

    def _add_no_text(self, where: str, value: object, places: Sequence[Mapping[str, Any]]) -> None:
        """Record a value that must be text, as it was typed."""
        typed, shown = unquoted.typed(value, self._typed.get(where)), self.shown(where, value)
        if typed is None or shown == _HIDDEN:
            self.add(where, f"{shown}: must be text{'' if typed is None else '; quote it'}")
        else:
            self.add(where, f"{typed or shown}: {unquoted.answer(typed, places)}")


def key_path(where: str, *parts: str | int) -> str:
    """Return a key path with further parts, as `pulumi config set --path` reads it: `.name` or `["other text"]`."""
    for part in parts:
        plain = isinstance(part, str) and _PLAIN_KEY.fullmatch(part)
        where += f".{part}" if plain else f"[{json.dumps(part, ensure_ascii=False)}]"
    return where


def show(value: object) -> str:
    """Return a value as text for a message: in YAML's flow style, and shortened when it is long."""
    text = _whole(value)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def _whole(value: object) -> str:
    if _is_call(value):
        return _plain(value)
    try:
        return f"'{value}'" if isinstance(value, str) else json.dumps(value, default=_plain, ensure_ascii=False)
    except BaseException:  # noqa: BLE001 - a number that is too long to write, or a value of a job file that raises anything
        return f"[{type(value).__name__}]"


def _is_call(value: object) -> bool:
    """Return whether a value is one that a job file makes, such as `Sidecar(...)`; its fields are not shown."""
    return is_dataclass(value) and type(value).__str__ is object.__str__


def _plain(value: object) -> str:
    return f"{type(value).__name__}(...)" if _is_call(value) else str(value)


def listed(names: Iterable[str]) -> str:
    """Return the names joined for a message."""
    return ", ".join(names)


def accepted(given: str, possible: Iterable[str]) -> str:
    """Return the end of a message about an unknown name: the nearest possible name, or else all of them."""
    names = sorted(map(str, possible))
    near = difflib.get_close_matches(given, names, n=1)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; must be one of: {listed(names)}" if names else ""


def _without(value: object, details: Sequence[ErrorDetails]) -> object | None:
    """Return a mapping without the parts with an error; None when the whole has one."""
    for detail in details:
        value = _removed(value, detail["loc"][:-1] if detail["type"] == "missing" else detail["loc"])
    return value


def _removed(value: object, place: Sequence[str | int]) -> object | None:
    """Return a mapping without what is at this place, which may be removed already; None for a place in no mapping."""
    if not isinstance(value, Mapping) or not place:
        return None
    first, *rest = place
    if first not in value:
        return _removed(value, rest) if first in _NO_KEYS else value
    below = _removed(value[first], rest)
    return {key: below if key == first else part for key, part in value.items() if key != first or below is not None}


def _looks_secret(where: str, value: object) -> bool:
    """Return whether a value may be a secret that was written where its source belongs, or into a plain variable."""
    text = value if isinstance(value, str) else _whole(value)
    if _SIGNING in text:
        return True
    if receiver := _RECEIVER.search(where):
        is_source = (receiver["key"] or "").endswith(".secret")
        if (is_source and not is_arn(text)) or "@" in text or hidden(text, {}) != text:
            return True
    found = _VARIABLES.search(where)
    if found is None:
        return isinstance(value, Mapping | list) and any(map(looks_secret, _KEY.findall(text)))
    if value is None or where.endswith(key_path("", text)):  # the name of a variable
        return False
    if found[1] == "secrets":
        return not _SOURCE.match(text)
    return looks_secret(f"{found['name'] or ''} {text}") or password_in(text) is not None


def _places(where: str) -> Iterator[str]:
    """Yield the places that a place is inside, and itself."""
    yield where
    yield from (where[: step.start()] for step in _STEP.finditer(where))


def _in_our_words(message: str) -> str:
    for theirs, ours in _REWORDED.items():
        message = message.replace(theirs, ours)
    return message[0].lower() + message[1:]
