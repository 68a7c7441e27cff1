"""What is wrong with the user's input, collected so that one report names everything."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pydantic

from settings.patterns import in_words
from watch.outside import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic_core import ErrorDetails

T = TypeVar("T")

_LONGEST_VALUE = 120
_PLAIN_KEY = re.compile(r"[\w:-]+")
_NO_KEYS = frozenset({"[key]", "[name]", "[mapping]"})
"""In pydantic's paths: the mark of a mapping's key, and the tags of unions that are told apart by their form."""
_REWORDED = {"Input should be": "must be", "a valid integer": "an integer", "a valid ": "a ", " after validation": ""}


class InvalidInput(Exception):  # noqa: N818 - the name reads as what the user gave
    """Config or job files that cannot be used; `str()` is the whole report."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Take the problems in the order in which they are to be read."""
        self.problems = tuple(problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        super().__init__(f"{count} to mend before anything is deployed:\n" + "\n".join(f"  {p}" for p in self.problems))


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is, and what would be right."""

    where: str
    """A key path such as `scheduled-jobs:schedules.export.cron`, or a file."""

    message: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.where}: {self.message}"


class Problems:
    """A list of problems that grows while the input is read."""

    def __init__(self) -> None:
        """Start with none."""
        self._problems: list[Problem] = []
        self._warnings: list[Problem] = []
        self._secret_paths: tuple[str, ...] = ()

    def hide_values_under(self, paths: Iterable[str]) -> None:
        """Never repeat a value received under one of these paths, nor under those told before: it is a secret."""
        self._secret_paths += tuple(paths)

    def add(self, where: str, message: str) -> None:
        """Note a mistake, once however often it is met."""
        problem = Problem(visible(where), visible(message))
        if problem not in self._problems:
            self._problems.append(problem)

    def add_value(self, where: str, value: object, message: str) -> None:
        """Note a mistake about a value, which is repeated unless it is secret."""
        self.add(where, f"{self._shown(where, value)}: {message}")

    def add_error(self, where: str, value: object, error: Exception) -> None:
        """Note what an error says of a value; nothing of it when the value is secret, since such texts quote it."""
        self.add_value(where, value, "is not accepted" if self._is_secret(where) else str(error))

    def warn(self, where: str, value: object, message: str) -> None:
        """Note something about a value that keeps nobody from deploying, once however often it is met."""
        warning = Problem(visible(where), visible(f"{self._shown(where, value)}: {message}"))
        if warning not in self._warnings:
            self._warnings.append(warning)

    @property
    def warnings(self) -> Sequence[Problem]:
        """What was only warned of, in the order found; no part of the report."""
        return tuple(self._warnings)

    def about(self, where: str) -> bool:
        """Tell whether something at this place, or inside it, is already known to be wrong."""
        return any(_is_inside(problem.where, where) for problem in self)

    def raise_if_any(self) -> None:
        """Raise `InvalidInput` with all of them, if there is one."""
        if self._problems:
            raise InvalidInput(self._problems)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._problems)

    def __iter__(self) -> Iterator[Problem]:
        """In the order found."""
        return iter(self._problems)

    def validate(self, kind: pydantic.TypeAdapter[T], value: object, where: str) -> T | None:
        """Return `value` as `kind`, or None after noting each thing that is wrong with it."""
        try:
            return kind.validate_python(value)
        except pydantic.ValidationError as error:
            for detail in error.errors():
                self._add_detail(where, kind, detail)
            return None

    def _shown(self, where: str, value: object) -> str:
        return "[secret]" if self._is_secret(where) else show(value)

    def _is_secret(self, where: str) -> bool:
        """Tell whether a place is secret, or holds what is: its value, and texts that quote it, would show it."""
        return any(_is_inside(where, path) or _is_inside(path, where) for path in self._secret_paths)

    def _add_detail(self, where: str, kind: pydantic.TypeAdapter[Any], detail: ErrorDetails) -> None:
        unknown = detail["type"] == "extra_forbidden"
        *above, last = detail["loc"] or ("[key]",)
        # A key that nobody knows may be called like one of pydantic's marks.
        parts = [
            *(part for part in above if part not in _NO_KEYS),
            *([last] if unknown or last not in _NO_KEYS else []),
        ]
        path, context = key_path(where, *parts), detail.get("ctx", {})
        match detail["type"]:
            case "missing":
                self.add(path, "is missing")
            case "extra_forbidden":
                self.add(path, "unknown key" + accepted(str(parts[-1]), _keys_at(kind, parts[:-1])))
            case "value_error":
                self.add_error(path, detail["input"], context["error"])
            case "string_pattern_mismatch":
                self.add_value(path, detail["input"], in_words(context["pattern"]))
            case "dict_type" | "model_type":
                self.add_value(path, detail["input"], "must be a mapping")
            case "is_instance_of" | "sequence_str":
                self.add_value(path, detail["input"], "must be a list")
            case _:
                self.add_value(path, detail["input"], _in_our_words(detail["msg"]))


def key_path(where: str, *parts: str | int) -> str:
    """Extend a key path as `pulumi config set --path` reads it: names with a dot, all else in brackets."""
    for part in parts:
        plain = isinstance(part, str) and _PLAIN_KEY.fullmatch(part)
        where += f".{part}" if plain else f"[{json.dumps(part, ensure_ascii=False)}]"
    return where


def show(value: object) -> str:
    """Write a value as it may be repeated in a message: as in YAML's flow style, and cut when long."""
    try:
        text = f"'{value}'" if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    except (TypeError, ValueError):  # a key that is no text, or a number too long to be written
        text = f"[{type(value).__name__}]"
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"


def listed(names: Iterable[str]) -> str:
    """Join names for a message."""
    return ", ".join(names)


def accepted(given: str, possible: Iterable[str]) -> str:
    """Write what could have been meant: the nearest name, else all of them."""
    names = sorted(possible)
    near = difflib.get_close_matches(given, names, n=1)
    if near:
        return f"; did you mean '{near[0]}'?"
    return f"; accepted: {listed(names)}" if names else ""


def _is_inside(where: str, place: str) -> bool:
    return where == place or where.startswith((f"{place}.", f"{place}[", f"{place}:"))


def _in_our_words(message: str) -> str:
    for theirs, ours in _REWORDED.items():
        message = message.replace(theirs, ours)
    return message[0].lower() + message[1:]


def _keys_at(kind: pydantic.TypeAdapter[Any], parts: Sequence[str | int]) -> set[str]:
    """Find the keys that the mapping at this place may have, in the JSON Schema of what was expected."""
    schema = kind.json_schema()
    places = list(_alternatives(schema, schema))
    for part in parts:
        below = [child for place in places for child in _children(place, part)]
        places = [place for child in below for place in _alternatives(child, schema)]
    return {key for place in places for key in place.get("properties", {})}


def _alternatives(place: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Follow references and unions to the types that can stand at a place."""
    if "$ref" in place:
        place = schema["$defs"][place["$ref"].rpartition("/")[2]]
    yield place
    for one in (*place.get("anyOf", ()), *place.get("oneOf", ())):
        yield from _alternatives(one, schema)


def _children(place: Mapping[str, Any], part: str | int) -> list[Mapping[str, Any]]:
    named = place.get("properties", {}).get(part)
    found = [named, place.get("items"), place.get("additionalProperties"), *place.get("patternProperties", {}).values()]
    return [child for child in found if isinstance(child, dict)]
