"""The container that probably ended a run, when it was not the job's own. Pure.

When an essential container ends, for whatever reason, ECS stops the others: with SIGTERM and, after `stopTimeout`, with
SIGKILL (ECS API reference, ContainerDefinition). An event does not tell which containers are essential, or which one
ended first. So a container is suspected if it ended by itself and the job's own may have been stopped because of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts import stop_codes
from watch import untrusted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

KILLED, TERMINATED = 137, 143
"""128 + SIGKILL, and 128 + SIGTERM."""
_OUT_OF_MEMORY = "OutOfMemory"
_SAYS_NOTHING = ("CannotInspect", "CannotStop", "ContainerRuntimeTimeout", "DockerTimeout")
"""How reasons begin that do not tell why a container ended (ECS Developer Guide, "Stopped tasks error messages")."""
_LONGEST_REASON = 300


def suspects(containers: Sequence[Mapping[str, Any]], own: Mapping[str, Any]) -> str:
    """Return the containers that probably ended before the job's own and stopped it, in words; empty for none."""
    code = _code(own)
    if code not in (KILLED, TERMINATED, None) or _OUT_OF_MEMORY in _reason(own):
        return ""
    others = [one for one in containers if one is not own]
    found = [one for one in others if _reason(one) or _code(one) not in (0, KILLED, TERMINATED, None)]
    if not found and code == TERMINATED:  # SIGTERM comes from ECS
        found = [one for one in others if _code(one) in (0, KILLED)]
    return " or ".join(map(_words, found))


def not_started(containers: Sequence[Mapping[str, Any]], own: Mapping[str, Any], said: str) -> Iterator[str]:
    """Yield the other containers that did not start, in words; `said` is the task's reason, which is not repeated."""
    for one in containers:
        if one is not own and _reason(one).startswith(stop_codes.NEVER_STARTED):
            yield _name(one) if _reason(one) in said else _words(one)


def _words(container: Mapping[str, Any]) -> str:
    code = _code(container)
    facts = ", ".join(filter(None, (None if code is None else f"exit code {code}", _reason(container))))
    return f"{_name(container)} ({facts})"


def _name(container: Mapping[str, Any]) -> str:
    return f"the container {untrusted.quoted(str(container.get('name', '')))}"


def _reason(container: Mapping[str, Any]) -> str:
    reason = container.get("reason")
    if not isinstance(reason, str) or reason.startswith(_SAYS_NOTHING):
        return ""
    return untrusted.visible(reason)[:_LONGEST_REASON]


def _code(container: Mapping[str, Any]) -> int | None:
    try:
        return untrusted.exit_code(container.get("exitCode"))
    except ValueError:
        return None
