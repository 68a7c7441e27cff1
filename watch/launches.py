"""The messages of the launch queue: a tick that is due, an operator's wish, or a wake-up for a job. Pure.

A message names a tick and nothing else. So whoever may write to the queue chooses neither a command nor a role.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from watch import instants, untrusted
from watch.names import job_of_schedule

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_WHY = 200
"""Characters that are read of why somebody withdraws a run. StopTask takes 255 with the words of the supervisor."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message. Without a tick it only wakes the supervisor."""

    job: str
    schedule: str = ""
    tick: str = ""
    rerun: str = ""
    """The id of an operator's run of the tick: eight hexadecimal digits. Empty for the schedule's own run."""
    insists: bool = False
    """Whether the operator's run begins whatever else runs."""
    withdraws: bool = False
    """Whether the operator no longer wants the run: no further attempt begins. An earlier version of the supervisor
    takes it for a repeated request, and does nothing."""
    why: str = ""
    """Who withdraws the run, and why."""


def read(text: str) -> Message:
    """Return the message of a body; ValueError, with the body quoted, for any other text."""
    try:
        raw = json.loads(text)
        return _message(raw)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"this is no message of the launch queue: {untrusted.quoted(text)} ({error})") from None


def read_letter(request: Mapping[str, Any]) -> Message | None:
    """Return the message in a dead letter's body; None for the letter of a job that is not supervised.

    Scheduler's letter has the request of SendMessage; a letter that the supervisor did not take is the message itself.
    """
    text = request.get("MessageBody")
    if isinstance(text, str):
        return read(text)
    return read(json.dumps(request)) if "schedule" in request or request.keys() == {"job"} else None


def written(message: Message) -> str:
    """Return the body of a message that names a tick."""
    by_hand = {"rerun": message.rerun, "insists": message.insists} if message.rerun else {}
    withdraws = {"withdraws": True, "why": message.why} if message.withdraws else {}
    return json.dumps({"schedule": message.schedule, "tick": message.tick, **by_hand, **withdraws})


def _message(raw: Mapping[str, Any]) -> Message:
    if "schedule" not in raw:
        return Message(job=untrusted.checked_job(raw["job"]))
    schedule = untrusted.checked_schedule(raw["schedule"])
    rerun = untrusted.rerun_id(str(raw.get("rerun", "")))
    return Message(
        job=job_of_schedule(schedule),
        schedule=schedule,
        tick=instants.text(instants.read(raw["tick"])),
        rerun=rerun,
        insists=raw.get("insists", False) is True,
        withdraws=raw.get("withdraws", False) is True,
        why=untrusted.visible(str(raw.get("why", "")))[:_LONGEST_WHY],
    )
