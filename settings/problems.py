"""What is wrong with the user's input, collected so that one report names everything."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import pydantic

T = TypeVar("T")

_LONGEST_VALUE = 120


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
        self._secret_paths: tuple[str, ...] = ()

    def hide_values_under(self, paths: Iterable[str]) -> None:
        """Never repeat a value received under one of these paths: it is a secret."""
        self._secret_paths = tuple(paths)

    def add(self, where: str, message: str) -> None:
        """Note a mistake."""
        self._problems.append(Problem(where, message))

    def add_value(self, where: str, value: object, message: str) -> None:
        """Note a mistake about a value, which is repeated unless it is secret."""
        hidden = any(where == p or where.startswith((p + ".", p + "[")) for p in self._secret_paths)
        self.add(where, f"{'[secret]' if hidden else show(value)}: {message}")

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
                self._add_detail(where, detail)
            return None

    def _add_detail(self, where: str, detail: Any) -> None:
        path = key_path(where, *(p for p in detail["loc"] if p != "[key]"))
        match detail["type"]:
            case "missing" | "missing_argument":
                self.add(path, "is missing")
            case "extra_forbidden" | "unexpected_keyword_argument":
                self.add(path, "unknown key" + accepted(str(detail["loc"][-1]), (detail.get("ctx") or {}).get("keys", ())))
            case "value_error":
                self.add_value(path, detail["input"], str(detail["ctx"]["error"]))
            case "string_pattern_mismatch":
                self.add_value(path, detail["input"], f"must match {detail['ctx']['pattern']}")
            case _:
                message = detail["msg"].replace("Input should be", "must be").replace("a valid ", "a ")
                self.add_value(path, detail["input"], message[0].lower() + message[1:])


def key_path(where: str, *parts: str | int) -> str:
    """Extend a key path: names with a dot, positions in brackets."""
    for part in parts:
        where += f"[{part}]" if isinstance(part, int) else f".{part}"
    return where


def show(value: object) -> str:
    """Write a value as it may be repeated in a message: as in YAML's flow style, and cut when long."""
    text = f"'{value}'" if isinstance(value, str) else json.dumps(value, default=str)
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
