"""Keeps secrets out of messages: values of variables whose names look secret, and passwords in addresses. Pure.

Only these are hidden, because other values are what a message is about. A message keeps its ARNs and host names, also
where a secret value happens to be a part of one.
"""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from watch.names import RUN_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

SECRET_NAMES = (
    *("*PASSWORD*", "*PASSWD*", "*PASSPHRASE*", "PASS", "*_PWD", "*SECRET*", "*TOKEN", "*TOKENS", "*CREDENTIAL*"),
    *("KEY", "KEYS", "*APIKEY", "DSN", "AUTH", "AUTHORIZATION", "BEARER", "COOKIE", "SALT", "SIGNATURE", "WEBHOOK"),
)
"""The names of variables that look secret, as patterns: see `looks_secret`."""

SHORTEST_VALUE = 6
"""Characters. Shorter values are words such as `yes` and `prod`, which reveal nothing and occur everywhere."""

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_LETTERS = re.compile(r"[^A-Z0-9]+")
_PASSWORD_OF_A_VALUE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s:/@]*:(\S+)@")
_PASSWORD = re.compile(r"(://[^\s:/@]{0,200}:)[^\s/@]{1,1000}@")
_PARAMETER = re.compile(r"([?&]([A-Za-z0-9_.-]{1,64})=)[^\s&#\"'<>]{1,2000}")
_ARN = re.compile(r"\barn:aws[a-z-]*:[a-z0-9-]+:")
_LONGEST_NAME = 300
"""Characters before and after a value in which the ARN or host name is looked for that it may be a part of."""
_WORD_BEFORE, _WORD_AFTER = re.compile(r"[^\s\"'<>(),;]*$"), re.compile(r"[^\s\"'<>(),;]*")
_HOST_BEFORE, _HOST_AFTER = re.compile(r"[A-Za-z0-9.-]*$"), re.compile(r"[A-Za-z0-9.-]*")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]+\.(com|net|org|io|dev|app|cloud|internal|local|aws|cn|eu|de|uk|gov|edu)\.?")
_USER = re.compile(r"(:[^\s/@]*)?@")


def looks_secret(name: str, patterns: Sequence[str] = SECRET_NAMES) -> bool:
    """Return whether a variable's name looks secret: one or more of its words match a pattern.

    Words are separated by anything but letters and digits, or begin with a capital, in any case. `*` stands for any
    characters. So `KEY` matches `API_KEY` and `apiKey`, but not `KEYBOARD`; `*TOKEN` also matches `GITHUBTOKEN`.
    """
    words = _NO_LETTERS.sub("_", _CAMEL.sub("_", f"_{name}_").upper())
    return any(fnmatchcase(words, f"*_{pattern.upper()}_*") for pattern in patterns)


def password_in(value: str) -> str | None:
    """Return the password of an address such as `postgres://user:password@host/`; None when there is none."""
    found = _PASSWORD_OF_A_VALUE.match(value)
    return found[1] if found else None


def is_arn(value: str) -> bool:
    """Return whether a value is an ARN, which names a secret at most."""
    return _ARN.match(value) is not None and " " not in value


def values_of(task: Mapping[str, Any], patterns: Sequence[str] = SECRET_NAMES) -> dict[str, str]:
    """Return the secrets in a task's overrides, each with the words that replace it.

    Members may be in camelCase, as in ECS's description of a task, or in PascalCase, as in a schedule's request.
    """
    found: dict[str, str] = {}
    for name, value in _overrides(task):
        _hide(found, name, value, patterns)
    return found


def secret_names(task: Mapping[str, Any], patterns: Sequence[str] = SECRET_NAMES) -> list[str]:
    """Return the names of the variables in a task's overrides that hold secrets, however short."""
    return [name for name, value in _overrides(task) if _secrets(name, value, patterns)]


def values_of_containers(definition: Mapping[str, Any], patterns: Sequence[str] = SECRET_NAMES) -> dict[str, str]:
    """Return the secrets in a task definition's own environments, each with the words that replace it."""
    found: dict[str, str] = {}
    for container in definition.get("containerDefinitions", []):
        for pair in container.get("environment", []):
            _hide(found, pair.get("name", ""), pair.get("value", ""), patterns)
    return found


def hidden(text: str, values: Mapping[str, str]) -> str:
    """Return the text without these values, and without the secrets that its addresses contain."""
    if values:
        longest_first = sorted(values, key=len, reverse=True)
        text = re.sub("|".join(map(re.escape, longest_first)), lambda found: _replaced(found, values), text)
    text = _PASSWORD.sub(r"\1[password]@", text)
    return _PARAMETER.sub(lambda found: f"{found[1]}[{found[2]}]" if looks_secret(found[2]) else found[0], text)


def _replaced(found: re.Match[str], values: Mapping[str, str]) -> str:
    return found[0] if _is_part_of_a_name(found) else f"[{values[found[0]]}]"


def _is_part_of_a_name(found: re.Match[str]) -> bool:
    """Return whether a value was found within an ARN or a host name that is longer than the value."""
    left = found.string[max(found.start() - _LONGEST_NAME, 0) : found.start()]
    right = found.string[found.end() : found.end() + _LONGEST_NAME]
    if _ARN.search(_end(_WORD_BEFORE, left) + found[0][:1]):
        return True
    before, after = _end(_HOST_BEFORE, left), _start(_HOST_AFTER, right)
    if not (before or after) or not _HOST_AFTER.fullmatch(found[0]):
        return False
    in_address = left[: len(left) - len(before)].endswith("://") and not _USER.match(right[len(after) :])
    return in_address or _DOMAIN.fullmatch(before + found[0] + after) is not None


def _end(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[0] if found else ""


def _start(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.match(text)
    return found[0] if found else ""


def _hide(found: dict[str, str], name: str, value: str, patterns: Sequence[str]) -> None:
    """Hide a variable's secrets, their form inside JSON, and each of their lines: a log shows lines one by one."""
    for secret, words in _secrets(name, value, patterns):
        for form in (secret, *secret.splitlines(), json.dumps(secret)[1:-1]):
            if len(form.strip()) >= SHORTEST_VALUE:
                found[form] = words


def _secrets(name: str, value: str, patterns: Sequence[str]) -> list[tuple[str, str]]:
    """Return the secrets of a variable, each with the words that replace it."""
    if name in RUN_VARIABLES or not value or is_arn(value):  # every alert shows the run's variables anyway
        return []
    if looks_secret(name, patterns):
        return [(value, name)]
    password = password_in(value)
    return [(password, f"password of {name}")] if password else []


def _overrides(task: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for override in _member(_member(task, "overrides", {}), "containerOverrides", []):
        for pair in _member(override, "environment", []):
            yield _member(pair, "name", ""), _member(pair, "value", "")


def _member(holder: Mapping[str, Any], name: str, default: Any) -> Any:  # noqa: ANN401 - JSON
    return holder.get(name, holder.get(name[0].upper() + name[1:], default))
