"""What a container runs: its entry point with the command after it. Pure.

A task definition's `entryPoint` stays when an override sets the command (ECS API reference, ContainerOverride).
"""

from __future__ import annotations

import json
import re
import shlex
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHELLS = frozenset({"ash", "bash", "dash", "ksh", "mksh", "sh", "zsh"})
_OPTION = re.compile(r"[-+][A-Za-z]+|--[a-z-]+")
_WITH_VALUE = re.compile(r"[-+][A-Za-z]*[oO][A-Za-z]*|--(rcfile|init-file)")
"""Options whose value is the next word, such as `-o pipefail`, also in a cluster such as `-euo`."""
_TAKES_A_SCRIPT = re.compile(r"-[A-Za-z]*c[A-Za-z]*")
"""The option `-c`, also in a cluster such as `-ec`: the first word after the options is the script (POSIX, sh)."""
_ALL_WORDS = re.compile(r"\$\{?[@*]")
_FIRST_WORD = re.compile(r"\$\{?0")
_WAY_OUT = 'the entry point must be like ["sh", "-c", "exec \\"$@\\"", "--"], or be removed from the task definition'


class Lost(Enum):
    """The words of a command that an entry point does not run. The watch records the values: do not reword them."""

    AFTER_THE_FIRST = "the words after the first of the command"
    THE_FIRST = "the first word of the command"
    ALL = "the command"


def lost_words(entry_point: Sequence[str]) -> Lost | None:
    """Return the words of a command that this entry point does not run; None when it runs all, or nobody can know.

    A shell with `-c` runs one word as its script. The words after it only become `$0`, `$1` and so on.
    """
    script = _script(entry_point)
    if script is None:
        return None
    if script == len(entry_point):
        return Lost.AFTER_THE_FIRST
    given = entry_point[script]
    if "$" not in given:
        return Lost.ALL
    if script == len(entry_point) - 1 and _ALL_WORDS.search(given) and not _FIRST_WORD.search(given):
        return Lost.THE_FIRST
    return None


def entry_point_problem(entry_point: Sequence[str], command: Sequence[str]) -> str | None:
    """Return why a container with this entry point does not run the command; None when it does, or nobody can know."""
    script, lost = _script(entry_point), lost_words(entry_point)
    if script is None or lost is None or (lost is Lost.AFTER_THE_FIRST and len(command) == 1):
        return None
    runs = shlex.join([*entry_point, *command])
    start = f"the entry point is {_shown(entry_point)}, so ECS would run: {runs}"
    if lost is Lost.AFTER_THE_FIRST:
        whole = _shown([shlex.join(command)])
        return f"{start}; of this the shell runs only: {command[0]}; write one word: command={whole}"
    if lost is Lost.ALL:
        given = entry_point[script]
        return f"{start}; the shell runs only its script '{given}', which does not use the command; {_WAY_OUT}"
    return f"{start}; '{command[0]}' only becomes the script's $0, so the rest is run without it; {_WAY_OUT}"


def _script(words: Sequence[str]) -> int | None:
    """Return the index of a shell's script in the entry point, or the entry point's length if the command has it.

    None when the entry point starts no shell with `-c`. Another program may start the shell, as in `tini -- sh -c`.
    """
    index = next((i + 1 for i, word in enumerate(words) if word.rpartition("/")[2] in _SHELLS), len(words))
    takes_a_script = False
    while index < len(words) and _OPTION.fullmatch(words[index]):
        takes_a_script = takes_a_script or bool(_TAKES_A_SCRIPT.fullmatch(words[index]))
        index += 2 if _WITH_VALUE.fullmatch(words[index]) else 1
    if words[index : index + 1] in (["--"], ["-"]):
        index += 1
    return min(index, len(words)) if takes_a_script else None


def _shown(words: Sequence[str]) -> str:
    return json.dumps(list(words), ensure_ascii=False)
