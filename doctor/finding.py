"""What is found out about one thing of the chain: that it is sound, that it is broken, or that nobody can see. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from judgements.answers import Refused


class State(StrEnum):
    """The states of a thing. A thing is broken if ticks fail because of it, or fail unseen."""

    SOUND = "sound"
    BROKEN = "broken"
    UNCHECKED = "could not check"


class Link(StrEnum):
    """The links of the chain, in the order in which they are told."""

    SCHEDULE = "schedule"
    CLUSTER = "cluster"
    TASK_DEFINITION = "task definition"
    IMAGE = "image"
    FUNCTION = "function"
    SERVICE = "service"
    ROLES = "roles"
    NETWORK = "network"
    SECRETS = "secrets"
    ALERTS = "alerts"
    WATCH = "watch"
    SUPERVISOR = "supervisor"
    RUNS = "runs"
    PROBE = "probe"


@dataclass(frozen=True)
class Finding:
    """One thing and its state."""

    code: str
    """The stable name of what was found, such as `schedule-missing`; docs/doctor.md lists those of broken things."""
    link: Link
    about: str
    """The name or ARN of the thing."""
    state: State
    text: str
    """One sentence of what is so; of a sound thing, what is worth knowing, mostly nothing."""
    fix: str = ""
    """What to type or change. Of a thing that could not be checked: the permission that is missing, if that is why."""
    jobs: tuple[str, ...] = ()
    """The jobs that need the thing, by name; empty if the whole stack does."""

    def to_plain(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        return {
            "code": self.code,
            "link": self.link.value,
            "about": self.about,
            "state": self.state.value,
            "text": self.text,
            "fix": self.fix,
            "jobs": list(self.jobs),
        }


def sound(link: Link, about: str, jobs: Iterable[str] = (), remark: str = "") -> Finding:
    """Return that a thing is sound."""
    return Finding("sound", link, about, State.SOUND, remark, jobs=_names(jobs))


def broken(code: str, link: Link, about: str, text: str, fix: str, jobs: Iterable[str] = ()) -> Finding:  # noqa: PLR0913, PLR0917 - the parts of a finding
    """Return what is broken. Write the code as a literal: a test compares all of them with docs/doctor.md."""
    return Finding(code, link, about, State.BROKEN, text, fix, _names(jobs))


def unchecked(  # noqa: PLR0913, PLR0917 - the parts of a finding
    link: Link, about: str, what: str, refused: Refused | str, jobs: Iterable[str] = (), who: str = "Who looks"
) -> Finding:
    """Return that `what` of a thing, such as "its status", could not be checked, with the reason.

    `who` is the policy of docs/permissions.md that has the permissions for it.
    """
    permission = None if isinstance(refused, str) else refused.permission
    fix = f"needs the permission {permission} (docs/permissions.md, {who})" if permission else ""
    return Finding("unchecked", link, about, State.UNCHECKED, f"{what}: {refused}", fix, _names(jobs))


def _names(jobs: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(jobs)))
