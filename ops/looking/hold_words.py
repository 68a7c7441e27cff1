"""What the commands about holds tell of a hold and of its schedules, for people and as JSON. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holds.hold import NO_END
from watch import instants
from watch.untrusted import visible
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from holds.hold import Hold
    from holds.keeping import Outcome
    from watch.records import OpenRun

UNMARKED = "its description does not say what config wants, so another program made it"
_BY_SOMEBODY = "somebody changed it at the same time"


def line(hold: Hold) -> str:
    """Return a hold in one line."""
    times = f"from {instants.text(hold.begin)} until {instants.text_or_none(hold.until) or NO_END}"
    return visible(f"Hold {hold.id} on {hold.scope}, {times}, by {hold.by}: {hold.reason}")


def plain(hold: Hold) -> dict[str, Any]:
    """Return a hold as JSON values."""
    return {
        "id": hold.id,
        "reason": hold.reason,
        "by": hold.by,
        "from": instants.text(hold.begin),
        "until": instants.text_or_none(hold.until),
        "jobs": list(hold.jobs),
        "owners": list(hold.owners),
    }


def undone(outcome: Outcome) -> dict[str, str]:
    """Return the schedules that are not as the holds ask for, each with the reason."""
    left = {name: str(outcome.failed.get(name, _BY_SOMEBODY)) for name in outcome.left}
    return dict(sorted({**dict.fromkeys(outcome.unmarked, UNMARKED), **left}.items()))


def errors(outcome: Outcome, again: str) -> Iterator[str]:
    """Yield a line for each schedule that is not as the holds ask for, and one that says what to do."""
    for name, why in undone(outcome).items():
        yield f"error: {visible(f'{name} was not changed: {why}')}"
    if outcome.left:
        yield f"The watch tries again within five minutes, and so does: {again}"


def going_on(runs: Sequence[tuple[str, OpenRun]]) -> str:
    """Return the runs that a hold does not stop, in one line."""
    shown = ", ".join(f"{run.schedule} since {run.since}" for _, run in runs)
    return visible(f"A hold stops no run. {counted(len(runs), 'run')} of these jobs {_verb(runs)} on: {shown}")


def _verb(runs: Sequence[object]) -> str:
    return "goes" if len(runs) == 1 else "go"
