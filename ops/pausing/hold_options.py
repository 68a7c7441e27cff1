"""The options that say what a hold is on, from when until when, and why; and the holds that they mean."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cadence.moments import parse_instant
from holds.hold import LONGEST_REASON
from ops import spans
from ops.errors import OpsError, WrongArgumentError
from ops.pausing.holding import Wanted
from settings import accepted
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from watch.facts import JobFacts

_LONGEST_DAYS = 31
_MANY = "; may be given several times. Default: all jobs"

Reason = Annotated[
    str, typer.Option(metavar="TEXT", help="Why. Everybody who may read the stack's parameters sees it.")
]
Job = Annotated[list[str] | None, typer.Option("--job", metavar="JOB", help=f"Only this job{_MANY}.")]
Owner = Annotated[list[str] | None, typer.Option("--owner", metavar="OWNER", help=f"Only jobs of this owner{_MANY}.")]
Length = Annotated[
    str, typer.Option("--for", metavar="TIME", help="When the hold ends by itself: 30m, 2h; at most 31d.")
]


def wanted(  # noqa: PLR0913 - the options
    reason: str,
    jobs: list[str] | None,
    owners: list[str] | None,
    *,
    length: str,
    begin: str | None = None,
    until: str | None = None,
) -> Wanted:
    """Return what the options say; WrongArgumentError for a value that is not valid."""
    return Wanted(
        reason=_reason(reason),
        jobs=tuple(sorted(set(jobs or ()))),
        owners=tuple(sorted(set(owners or ()))),
        begin=_instant("--from", begin),
        until=_instant("--until", until),
        length=spans.read("--for", length, most_days=_LONGEST_DAYS) if until is None else timedelta(0),
    )


def check(asked: Wanted, jobs: Mapping[str, JobFacts]) -> None:
    """Raise OpsError for a job or an owner that the stack does not have."""
    _check("--job", asked.jobs, jobs, "no such job")
    _check("--owner", asked.owners, {facts.owner for facts in jobs.values()}, "no job has this owner")


def _check(option: str, names: Collection[str], known: Collection[str], problem: str) -> None:
    for name in names:
        if name not in known:
            raise OpsError(f"{option} '{name}': {problem}{accepted(name, known)}")


def _reason(text: str) -> str:
    reason = text.strip()
    if not reason or visible(reason) != reason or len(reason) > LONGEST_REASON:
        raise WrongArgumentError(
            f"--reason '{text}': must be one line of text with at most {LONGEST_REASON} characters"
        )
    return reason


def _instant(option: str, text: str | None) -> datetime | None:
    try:
        return None if text is None else parse_instant(text)
    except ValueError as error:
        raise WrongArgumentError(f"{option} {error}") from None
