"""One hold: whom it keeps from running, from when until when, who made it and why. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

EARLY = timedelta(minutes=5)
"""How much earlier a planned hold begins to work. The watch looks every five minutes, and nothing may slip through."""
LONGEST_REASON = 500
"""Characters."""
LONGEST_TEXT = 4096
"""Characters of a standard parameter (Systems Manager quotas, Parameter Store). All of a hold's text is ASCII."""

NO_END = "somebody resumes it"
"""Stands in texts for the end of a hold that has none, after the word until."""

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_PARTS = frozenset({"by", "from", "jobs", "made", "owners", "reason", "until"})


class HoldError(ValueError):
    """A text that is not a hold, or a hold that cannot be stored."""


@dataclass(frozen=True, kw_only=True)
class Hold:
    """A hold on the jobs that it names, on those of the owners that it names, or on all jobs if it names none."""

    id: str
    reason: str
    by: str
    """Who made it: the name of an IAM user, or of a role's session."""
    made: datetime
    begin: datetime
    until: datetime | None
    """The hold's end. The schedules return to what config wants at that time, or a little later.

    None: somebody must end it, as a hold of the watch (`pause_after`).
    """
    jobs: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()

    @property
    def works_from(self) -> datetime:
        """When the hold begins to keep schedules disabled."""
        return max(self.made, self.begin - EARLY)

    def is_in_force(self, now: datetime) -> bool:
        """Return whether the hold keeps schedules disabled at this time."""
        return self.begin - EARLY <= now and not self.is_over(now)

    def is_over(self, now: datetime) -> bool:
        """Return whether the hold has ended, so that its schedules are enabled again and the hold is removed."""
        return self.until is not None and self.until <= now

    def keeps(self, tick: datetime) -> bool:
        """Return whether the hold keeps a tick of its jobs from running."""
        return self.works_from <= tick and not self.is_over(tick)

    def covers(self, job: str, owner: str) -> bool:
        """Return whether the hold is on this job, which has this owner."""
        return not (self.jobs or self.owners) or job in self.jobs or owner in self.owners

    def ended(self, now: datetime) -> Self:
        """Return the hold with its end now."""
        values = {**vars(self), "begin": min(self.begin, now), "until": now}
        return type(self)(**values)

    @property
    def scope(self) -> str:
        """The jobs that the hold is on, in words."""
        named = [f"job {name}" for name in self.jobs] + [f"owner {name}" for name in self.owners]
        return ", ".join(named) or "all jobs"

    @property
    def of_tick(self) -> str:
        """Why a tick that the hold keeps from running does not run, as the ledger has it."""
        until = NO_END if self.until is None else _text(self.until)
        return f"held until {until}, by {self.by}: {self.reason}"

    def to_text(self) -> str:
        """Return the hold as it is stored, without its id; HoldError for a hold that cannot be stored."""
        plain = {
            "by": self.by,
            "from": _text(self.begin),
            "jobs": list(self.jobs),
            "made": _text(self.made),
            "owners": list(self.owners),
            "reason": self.reason,
            "until": None if self.until is None else _text(self.until),
        }
        text = json.dumps(plain)
        if "{{" in text:
            raise HoldError("the hold has '{{' in it, which Parameter Store takes for a reference to a parameter")
        if len(text) > LONGEST_TEXT:
            raise HoldError(f"the hold has {len(text)} characters; must have at most {LONGEST_TEXT}: name fewer jobs")
        return text

    @classmethod
    def from_text(cls, id_: str, text: str) -> Self:
        """Return the hold of a stored text; HoldError for a text that `to_text` never returns."""
        try:
            raw: Any = json.loads(text)
            if not isinstance(raw, dict) or raw.keys() != _PARTS:
                raise HoldError(f"must have the parts {', '.join(sorted(_PARTS))}")
            hold = cls(
                id=_checked_id(id_),
                reason=_checked_text(raw["reason"]),
                by=_checked_text(raw["by"]),
                made=_instant(raw["made"]),
                begin=_instant(raw["from"]),
                until=None if raw["until"] is None else _instant(raw["until"]),
                jobs=tuple(map(_checked_text, raw["jobs"])),
                owners=tuple(map(_checked_text, raw["owners"])),
            )
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise HoldError(f"is not a hold: {error}") from error
        return hold


def _checked_id(name: str) -> str:
    if not _ID.fullmatch(name):
        raise HoldError("its name must be 1 to 40 lower-case letters, digits and hyphens")
    return name


def _checked_text(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise HoldError("has a part that is not a text of one line")
    return value


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise HoldError("has a time without an offset")
    return found.astimezone(UTC)
