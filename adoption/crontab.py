"""Crontabs as jobs: the form of users, and the system's form with a user in each line (crontab(5))."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from adoption import expressions
from adoption.environment import kept, without_secrets
from adoption.found import Contents, Found, Leftover, Notes, Placement
from adoption.unix_cron import Dialect
from settings import Job

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

_VARIABLE = re.compile(r"""\s*(?P<name>[A-Za-z_]\w*|"[^"]+"|'[^']+')\s*=\s*(?P<value>.*?)\s*""")
_ENTRY = re.compile(r"-?(?P<times>@[a-z]+|\S+\s+\S+\s+\S+\s+\S+\s+\S+)\s+(?P<rest>\S.*)")
_SHELL = "/bin/sh"
"""What runs the command of a line, unless SHELL says otherwise."""
_NEEDS_SHELL = re.compile(r"""[|&;<>()$`*?\[\]#~!{}\n]|^\w+=|\bcd\b""")
_PERCENT = re.compile(r"(?<!\\)%")
_END_OF_INPUT = "END_OF_INPUT"
_OF_MACHINE = ("PATH", "HOME", "LOGNAME", "USER")
_OF_MAILS = ("MAILFROM", "CONTENT_TYPE", "CONTENT_TRANSFER_ENCODING")
_OF_CRON = (*_OF_MAILS, "CRON_TZ", "MAILTO", "RANDOM_DELAY", "SHELL")
_LONGEST_WINDOW = 1440
_SYSTEM_USER = "root"
_PROGRAMS = frozenset(
    {
        *("sh", "bash", "dash", "python", "python3", "php", "perl", "ruby", "node", "java", "env", "nice", "ionice"),
        *("sudo", "chronic", "bundle", "exec", "rake", "rails", "runner", "npm", "npx", "yarn", "run", "uv", "poetry"),
        *("manage.py", "artisan", "console", "test", "time", "nohup", "docker", "flock", "timeout", "root"),
    }
)
"""Words that start a program, and say nothing about what it is for."""
_CHANGES_FOLDER = re.compile(r"^cd\s+\S+\s*(&&|;)\s*")
_NO_NAME = re.compile(r"-.*|\d.*|\w+=.*|[&|;<>(){}\[\]!]+")
_EXTENSION = re.compile(r"\.(sh|py|php|rb|pl|js|jar)$")
_TO_FILE = re.compile(r">\s*/(?!dev/)")


@dataclass
class _State:
    """What the lines above a line have set."""

    settings: dict[str, str] = field(default_factory=dict)
    """Those of cron itself, such as CRON_TZ."""
    variables: dict[str, str] = field(default_factory=dict)
    """Those of the commands."""
    comment: str = ""


@dataclass(frozen=True)
class Table:
    """A crontab with what it does not say itself."""

    text: str
    file: str
    system: bool
    """Whether each line names the user. It is found out as well, if a line names root."""
    timezone: str | None
    """The zone of the machine; None if nobody has said it."""
    service: Mapping[str, Any]
    container: str | None


def read(table: Table, now: datetime) -> Contents:
    """Return the jobs of a crontab, one for each line, in the default placement."""
    lines = [(number, line.strip()) for number, line in enumerate(table.text.splitlines(), 1)]
    system = table.system or any(_names_root(line) for _, line in lines)
    notes = Notes(lambda _: table.file)
    state, found, leftovers = _State(), [], notes.leftovers
    for number, line in lines:
        place = f"{table.file}:{number}"
        if not line or line.startswith("#"):
            state.comment = line.lstrip("#").strip()
        elif variable := _VARIABLE.fullmatch(line):
            name, value = (_unquoted(variable[part]) for part in ("name", "value"))
            leftovers += _set(state, place, name, value)
            state.comment = ""
        elif entry := _ENTRY.fullmatch(line):
            one = _Line(table, place, state, system=system)
            job = one.job(entry["times"], entry["rest"], now)
            found += [job] if job is not None else []
            leftovers += one.note.leftovers if job is None else []
            state.comment = ""
        else:
            leftovers.append(Leftover(place, "", "is no line of a crontab, so it is left out"))
    if found and table.timezone is None and "CRON_TZ" not in state.settings:
        notes("", "does not say its time zone, so the schedules are in UTC; --timezone sets the zone of the machine")
    return Contents(found, leftovers)


class _Line:
    """One entry of a crontab."""

    def __init__(self, table: Table, place: str, state: _State, *, system: bool) -> None:
        self._table, self._place, self._system = table, place, system
        self._settings, self._variables, self._comment = dict(state.settings), dict(state.variables), state.comment
        self.note = Notes(lambda _: place)

    def job(self, times: str, rest: str, now: datetime) -> Found | None:
        """Return the job; None if it does not run at times."""
        if times == "@reboot":
            self.note("@reboot", "runs when the machine starts, which no container does, so it is left out")
            return None
        text = self._command_text(rest)
        if not text:
            self.note("", "has no command, so it is left out")
            return None
        zone = self._settings.get("CRON_TZ") or self._table.timezone or "UTC"
        schedules = expressions.of_fields(times, zone, Dialect.UNIX, partial(self.note, "schedule"), now)
        window = self._window()
        return Found(
            where=self._place,
            kind="line of a crontab",
            job=Job(
                name=_name(text),
                owner="",
                description=self._comment,
                command=without_secrets(self._command(text), "command", self.note),
                environment=self._variables,
                container=self._table.container,
            ),
            schedules={
                key: {**{k: v for k, v in one.items() if k != "enabled"}, **window, "enabled": False}
                for key, one in schedules.items()
            },
            placement=Placement("default", {"service": dict(self._table.service)}),
            leftovers=self.note.leftovers,
            named=False,
        )

    def _command_text(self, rest: str) -> str:
        if not self._system:
            return rest
        user, *text = rest.split(maxsplit=1)
        self.note("user", f"is {user}; here the image or the task definition says who runs the command")
        return "".join(text)

    def _command(self, text: str) -> list[str]:
        """Return the words of a command without a shell where that is the same, or else a shell's."""
        command, *given = _PERCENT.split(text)
        command = command.replace(r"\%", "%").strip()
        shell = self._settings.get("SHELL") or _SHELL
        if _TO_FILE.search(command):
            self.note("command", "writes to a file, which ends with the container; leave that out, and read the log")
        if re.search(r"\bflock\b", command):
            self.note(
                "command", 'has flock, which locks within one container only; use overlap="skip", or a lock of the job'
            )
        if given:
            lines = "\n".join(part.replace(r"\%", "%") for part in given)
            return [shell, "-c", f"{command} <<'{_END_OF_INPUT}'\n{lines}\n{_END_OF_INPUT}\n"]
        words = [] if _NEEDS_SHELL.search(command) else _split(command)
        return words or [shell, "-c", command]

    def _window(self) -> dict[str, str]:
        delay = self._settings.get("RANDOM_DELAY", "")
        minutes = min(int(delay), _LONGEST_WINDOW) if delay.isdecimal() else 0
        return {"window": f"{minutes} minutes"} if minutes else {}


def _set(state: _State, place: str, name: str, value: str) -> list[Leftover]:
    """Set a variable for the lines below, and return what is left of it."""
    note = Notes(lambda _: place)
    if name in _OF_CRON:
        state.settings[name] = value
    elif name in _OF_MACHINE:
        note(name, "is about the machine, so it is left out; the image has its own")
    else:
        state.variables.pop(name, None)
        state.variables |= kept({name: value}, "environment", note)
    if name == "MAILTO" and value:
        note(
            name,
            f"cron mails what a command prints to {value}; alerts are about ticks that went wrong: write "
            f"scheduled-jobs:alerts: {{email: [{value}]}}",
        )
    if name in _OF_MAILS:
        note(name, "is left out: it is about cron's mails")
    return note.leftovers


def _names_root(line: str) -> bool:
    entry = None if line.startswith("#") or _VARIABLE.fullmatch(line) else _ENTRY.fullmatch(line)
    return entry is not None and entry["rest"].split()[0] == _SYSTEM_USER


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'" else text


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # a quote without its end
        return []


def _name(text: str) -> str:
    """Return a name for what a line runs: the last part of the first word that is no program, option or number."""
    words = [word.strip("\"'`;&|()") for word in _CHANGES_FOLDER.sub("", text).split()]
    if "flock" in words:
        words = _after_lock(words)
    names = [word.rstrip("/").rpartition("/")[2] for word in words if not _NO_NAME.fullmatch(word)]
    telling = [name for name in names if name not in _PROGRAMS]
    return _EXTENSION.sub("", (telling or names or ["job"])[0])


def _after_lock(words: Sequence[str]) -> list[str]:
    """Return the words after flock, its options and the name of the lock."""
    rest = words[words.index("flock") + 1 :]
    lock = next((place for place, word in enumerate(rest) if not _NO_NAME.fullmatch(word)), len(rest))
    return list(rest[lock + 1 :])
