"""The receivers of jobs that are a request: what job files and stack config say of them together. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plan.job_files import file_of
from settings import NAMESPACE, Http, accepted, key_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from settings import Problems, Receiver, Settings
    from settings.job import Job

_WHERE = f"{NAMESPACE}:receivers"
_PLACEMENTS = f"{NAMESPACE}:placements"


def check(settings: Settings, jobs: Sequence[Job], problems: Problems) -> None:
    """Check the receivers against placements and jobs."""
    used = [job.http.receiver for job in jobs if isinstance(job.http, Http)]
    for name, receiver in settings.receivers.items():
        where = key_path(_WHERE, name)
        _check_placement(receiver, where, settings, problems)
        if receiver.placement is None and not receiver.is_loopback:
            _check_public(receiver, where, problems)
        if name not in used:
            problems.note(where, "no job file has a request to it, so nothing is made for it")


def of(job: Job, settings: Settings, problems: Problems) -> Receiver | None:
    """Return the receiver of a job; None for a job that is no request, or whose receiver is not known."""
    if job.http is None:
        return None
    name = job.http.receiver
    found = settings.receivers.get(name)
    if found is None and not _is_known_wrong(_WHERE, name, settings.receivers, problems):
        no_such = f"no such receiver in {_WHERE}{accepted(name, settings.receivers)}"
        problems.add_value(f"{file_of(job.name)}.http.receiver", name, no_such)
    return found


def _check_placement(receiver: Receiver, where: str, settings: Settings, problems: Problems) -> None:
    """Report a placement that the stack does not have."""
    name = receiver.placement
    if name is None or name in settings.placements:
        return
    if not _is_known_wrong(_PLACEMENTS, name, settings.placements, problems):
        no_such = f"no such placement in {_PLACEMENTS}{accepted(name, settings.placements)}"
        problems.add_value(f"{where}.placement", name, no_such)


def _check_public(receiver: Receiver, where: str, problems: Problems) -> None:
    """Report an address that cannot be reached from the internet, or not safely."""
    if receiver.is_private:
        problems.add_value(
            f"{where}.url",
            receiver.url,
            f"is in a private network; set {where}.placement to the placement from whose network it is reached",
        )
    elif receiver.is_clear:
        problems.add_value(
            f"{where}.url",
            receiver.url,
            "goes through the internet unencrypted; must begin with https, unless the requests come from a private "
            f"network ({where}.placement)",
        )


def _is_known_wrong(section: str, name: str, sound: Mapping[str, object], problems: Problems) -> bool:
    """Return whether a part of a section has a mistake that is recorded, or all parts have; `sound` are the others."""
    return problems.about(key_path(section, name)) or (not sound and problems.about(section))
