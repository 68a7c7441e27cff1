"""The lines of a diagnosis for people: what is sound in short, then each broken thing, then what nobody could see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from doctor.finding import Link, State
from watch.untrusted import visible
from watch.wording import counted, few

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doctor.finding import Finding

_NAMED = 3
"""Sound things of a link that are named; more are counted."""


def lines(findings: Sequence[Finding]) -> Iterator[str]:
    """Yield the lines."""
    for link in Link:
        yield from _sound([one for one in findings if one.link is link and one.state is State.SOUND], link)
    faults = [one for one in findings if one.state is State.BROKEN]
    unseen = [one for one in findings if one.state is State.UNCHECKED]
    for one in (*faults, *unseen):
        yield visible(f"{one.link} {one.about}: {one.state}: {one.text}{_of_jobs(one)}")
        if one.fix:
            yield visible(f"    {one.fix}")
    if faults or unseen:
        yield f"{len(faults)} broken, {len(unseen)} could not be checked"
    else:
        yield "All is sound."


def _sound(findings: Sequence[Finding], link: Link) -> Iterator[str]:
    if not findings:
        return
    names = list(dict.fromkeys(one.about for one in findings))
    jobs = {job for one in findings for job in one.jobs}
    of_jobs = f" ({counted(len(jobs), 'job')})" if jobs else ""
    about = f"{link} {', '.join(names)}: " if len(names) <= _NAMED else f"{link}: {len(names)} are "
    yield visible(f"{about}{State.SOUND}{of_jobs}")
    yield from (visible(f"    {one.about}: {one.text}") for one in findings if one.text)


def _of_jobs(finding: Finding) -> str:
    return f" ({few(finding.jobs)})" if finding.jobs and list(finding.jobs) != [finding.about] else ""
