"""Variables and commands without what looks secret: job files are read by many, and AWS shows what is in them."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from watch.names import RUN_VARIABLES
from watch.redaction import hidden, is_arn, looks_secret, password_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adoption.found import Note

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,254}")
_ASSIGNED = re.compile(r"""(?P<name>[A-Za-z_][\w-]*)=(?P<value>"[^"$]*"|'[^']*'|[^\s"'$;&|)]+)""")
_OPTION = re.compile(r"--?[A-Za-z][\w-]*")
_SECRETS = "put it into the secrets of the task definition, from where the container has it as a variable"


def kept(given: Mapping[str, str], field: str, note: Note) -> dict[str, str]:
    """Return the variables that a job file can have. The others are listed, without their values."""
    variables = {}
    for name, value in given.items():
        place = f"{field}.{name}"
        if name in RUN_VARIABLES:
            note(place, "the program sets this variable itself, so it is left out; use another name")
        elif not _NAME.fullmatch(name):
            note(place, "is no name of a variable here, so it is left out; use letters, digits, underscores and dots")
        elif _is_secret(name, value):
            note(place, f"looks secret, so the value is left out; {_SECRETS}")
        else:
            variables[name] = value
    return variables


def without_secrets(command: Sequence[str], field: str, note: Note) -> list[str]:
    """Return a command in which the name of each secret stands for it, in brackets."""
    words = [_without_secrets(word) for word in command]
    for place, (option, value) in enumerate(pairwise(words), start=1):
        if _OPTION.fullmatch(option) and looks_secret(option) and not value.startswith(("-", "$", "[")):
            words[place] = f"[{option.lstrip('-')}]"
    if words != list(command):
        note(field, f"has what looks like a secret, so its name in brackets stands there; {_SECRETS}, and read that")
    return words


def _is_secret(name: str, value: str) -> bool:
    return bool(value) and not is_arn(value) and (looks_secret(name) or password_in(value) is not None)


def _without_secrets(word: str) -> str:
    return _ASSIGNED.sub(
        lambda found: f"{found['name']}=[{found['name']}]" if _is_secret(found["name"], found["value"]) else found[0],
        hidden(word, {}),
    )
