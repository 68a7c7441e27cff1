"""`python -m sandbox fail` stages failures."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from cadence.moments import parse_duration
from emulator.fault_injection.faults import LONG, Fault, FunctionFailure, Kind, Refusal, StagedStop, Status
from sandbox import views
from sandbox.answers import Json, answer
from sandbox.client import connect
from sandbox.commands import operations
from sandbox.errors import SandboxError, not_here
from sandbox.limits import FARTHEST
from sandbox.session import Session

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

MOST_TIMES = 1000


class Failure(StrEnum):
    """The kinds of failure, as a user types them. The member names equal those of the emulator's kinds."""

    LAUNCH = Kind.LAUNCH.value
    START = Kind.START.value
    PENDING = Kind.PENDING.value
    SLOW = Kind.SLOW.value
    HANG = Kind.HANG.value
    EXIT = Kind.EXIT.value
    SIDECAR = Kind.SIDECAR.value
    STALE = Kind.STALE.value
    LOSE_LOG = Kind.LOSE_LOG.value
    DUPLICATE_EVENTS = Kind.DUPLICATE_EVENTS.value
    REORDER_EVENTS = Kind.REORDER_EVENTS.value
    DELAY_EVENTS = Kind.DELAY_EVENTS.value
    LOSE_EVENTS = Kind.LOSE_EVENTS.value
    CALL = Kind.CALL.value
    INVOCATION = "watch"
    FUNCTION = Kind.FUNCTION.value
    QUEUE = Kind.QUEUE.value
    DUPLICATE_MESSAGES = Kind.DUPLICATE_MESSAGES.value
    DELAY_MESSAGES = Kind.DELAY_MESSAGES.value
    LOSE_MESSAGES = Kind.LOSE_MESSAGES.value
    DUPLICATE_INVOCATIONS = Kind.DUPLICATE_INVOCATIONS.value
    LOSE_INVOCATIONS = Kind.LOSE_INVOCATIONS.value


class How(StrEnum):
    """The ways in which a launch or a function fails, as a user types them."""

    ERROR = Refusal.ERROR.value
    THROTTLE = Refusal.THROTTLE.value
    FAILURES = Refusal.FAILURES.value
    CRASH = FunctionFailure.CRASH.value
    TIMEOUT = FunctionFailure.TIMEOUT.value
    MEMORY = FunctionFailure.MEMORY.value


_HOWS: Mapping[str, type[StrEnum]] = {Failure.LAUNCH: Refusal, Failure.FUNCTION: FunctionFailure}
"""The ways in which each kind fails; the first is the usual one."""
_OF_NO_JOB = {
    Failure.CALL: "it fails whoever makes the call",
    Failure.INVOCATION: "a stack has one watch function",
    Failure.FUNCTION: "it fails the function that --name names",
    Failure.QUEUE: "it fails the queue that --name names",
    Failure.DUPLICATE_MESSAGES: "it concerns the queue that --name names",
    Failure.DELAY_MESSAGES: "it concerns the queue that --name names",
    Failure.LOSE_MESSAGES: "it concerns the queue that --name names",
    Failure.DUPLICATE_INVOCATIONS: "it concerns the function that --name names",
    Failure.LOSE_INVOCATIONS: "it concerns the function that --name names",
}
_OUTAGES = (Failure.FUNCTION, Failure.QUEUE)
"""The kinds that can last for a time instead of happening a number of times."""
_LARGEST_CODE = 255
_NONE = "none"
_EVER = timedelta.max
_LATE = 600.0
"""How late events and messages arrive by default, in seconds."""
_BEHIND = 120.0
"""How late ECS's answers about a run are by default, in seconds."""
_DELAYS = (Failure.DELAY_EVENTS, Failure.DELAY_MESSAGES, Failure.STALE)
_LONGEST_WARNING = timedelta(minutes=2)
"""A container on Fargate has at most this time between SIGTERM and SIGKILL (ECS API reference, stopTimeout)."""
_BEFORE_IT_RUNS = (Status.PROVISIONING, Status.PENDING)
_NAMED = {
    **dict.fromkeys((Failure.FUNCTION, Failure.DUPLICATE_INVOCATIONS, Failure.LOSE_INVOCATIONS), "functions"),
    **dict.fromkeys(
        (Failure.QUEUE, Failure.DUPLICATE_MESSAGES, Failure.DELAY_MESSAGES, Failure.LOSE_MESSAGES), "queues"
    ),
}
"""The kinds that concern a function or a queue, and what the sandbox is asked for to know the names."""
OPTIONS: Mapping[str, Collection[Failure]] = {
    "--how": {Failure.LAUNCH, Failure.FUNCTION},
    "OPERATION": {Failure.CALL},
    "--reason": {
        Failure.LAUNCH,
        Failure.START,
        Failure.EXIT,
        Failure.SIDECAR,
        Failure.CALL,
        Failure.INVOCATION,
        Failure.FUNCTION,
    },
    "--code": {Failure.EXIT, Failure.SIDECAR, Failure.CALL},
    "--stop-code": {Failure.EXIT},
    "--for": {Failure.PENDING, Failure.SLOW, Failure.HANG, Failure.EXIT, *_DELAYS, *_OUTAGES},
    "--status": {Failure.PENDING, Failure.DELAY_EVENTS, Failure.LOSE_EVENTS},
    "--container": {Failure.SIDECAR},
    "--name": _NAMED.keys(),
    "--lines": {Failure.LOSE_LOG},
}
"""The kinds that each option applies to."""


def _lasting(text: str) -> timedelta:
    """Return a duration, or the one that stands for ever."""
    return _EVER if text == "ever" else parse_duration(text)


def fail(  # noqa: PLR0913 - the options of a command
    kind: Annotated[Failure | None, typer.Argument(metavar="KIND", help="The kind of failure, see above.")] = None,
    operation: Annotated[str | None, typer.Argument(metavar="OPERATION", help="Such as ecs:DescribeTasks.")] = None,
    *,
    job: Annotated[
        str | None, typer.Option(metavar="JOB", help="The job that fails; for the kinds of launches, runs and events.")
    ] = None,
    times: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, max=MOST_TIMES, help="How many times in a row it fails; default 1."),
    ] = None,
    how: Annotated[
        How | None,
        typer.Option(
            metavar="HOW",
            help="launch: error (the default), throttle, or failures without an error. "
            "function: crash (the default), timeout, memory, or throttle.",
        ),
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="AWS's words, if not the usual ones.")] = None,
    code: Annotated[
        str | None, typer.Option(metavar="CODE", help="An exit code, or none if ECS does not learn it; or AWS's error.")
    ] = None,
    stop_code: Annotated[
        StagedStop | None, typer.Option(metavar="CODE", help="The stop code of ECS, or none for an empty one.")
    ] = None,
    lasts: Annotated[
        timedelta | None,
        typer.Option(
            "--for", parser=_lasting, metavar="DURATION", help="90s, 10m, 24h; or ever, for pending, slow and hang."
        ),
    ] = None,
    status: Annotated[
        Status | None, typer.Option(metavar="STATUS", help="The state that it stays in, or whose events it concerns.")
    ] = None,
    container: Annotated[
        str | None, typer.Option(metavar="NAME", help="The sidecar; default: the task's first one.")
    ] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="The function or the queue.")] = None,
    lines: Annotated[int | None, typer.Option(metavar="N", min=1, help="How many lines are lost; default 10.")] = None,
    show: Annotated[bool, typer.Option("--list", help="List the failures that have not happened yet.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Remove the failures that have not happened yet.")] = False,
    as_json: Json = False,
) -> None:
    """Make a job's next launches, runs or events fail.

    Then run `advance 24h`, and read the alerts with `mail`. docs/sandbox.md has a command for each case.

    \b
    launch            RunTask fails (--how, --reason)
    start             the run stops before it starts (--reason)
    pending           the run stays PENDING, then starts (--status, --for)
    slow              the run stays RUNNING, then does its work (--for)
    hang              the same, and it ignores SIGTERM (--for)
    exit              ends otherwise (--code, --stop-code, --reason, --for)
    sidecar           a sidecar dies first (--container, --code, --reason)
    stale             ECS describes and lists the run as it was before (--for)
    lose-log          the log loses its last lines (--lines)
    duplicate-events  each event of the run arrives twice
    reorder-events    the run's events arrive at its end, in reverse
    delay-events      the run's events arrive late (--for, --status)
    lose-events       the run's events never arrive (--status)
    call OPERATION    a call of AWS fails, whoever makes it (--code, --reason)
    watch             the stack's watch function fails (--reason)
    function          a function fails (--name, --how, --reason, --for)
    queue             a queue takes no messages (--name, --for)
    duplicate-messages  each message of a queue arrives twice (--name)
    delay-messages    a queue's messages arrive late (--name, --for)
    lose-messages     a queue's messages never arrive (--name)
    duplicate-invocations  an event invokes a function twice (--name)
    lose-invocations  an event never reaches its function (--name)
    """  # noqa: D301 - after \b the help keeps its lines
    if [kind is not None, show, clear].count(True) != 1:
        raise SandboxError(f"choose what should fail ({', '.join(Failure)}), or give --list or --clear")
    client = connect(Session.default())
    if clear:
        client.send("DELETE", "faults")
    if kind is not None:
        _check_options(
            kind,
            {
                "OPERATION": operation,
                "--how": how,
                "--reason": reason,
                "--code": code,
                "--stop-code": stop_code,
                "--for": lasts,
                "--status": status,
                "--container": container,
                "--name": name,
                "--lines": lines,
            },
        )
        _check_how(kind, how)
        _check_job(kind, job, client.get("jobs"))
        if kind in _NAMED:
            _check_name(kind, name, client.get(_NAMED[kind]))
        error = (code if kind is Failure.CALL else None) or Fault.error
        if kind is Failure.CALL:
            operations.check(operation or "", error)
        fault = Fault(
            kind=Kind[kind.name],
            job=job,
            reason=reason,
            refusal=Refusal(how) if how and kind is Failure.LAUNCH else Refusal.ERROR,
            fails=FunctionFailure(how) if how and kind is Failure.FUNCTION else FunctionFailure.CRASH,
            code=_exit_code(kind, code),
            no_code=code == _NONE,
            operation=operation,
            error=error,
            stop_code=stop_code,
            warning=_warning(lasts, stop_code) if kind is Failure.EXIT else 0.0,
            seconds=_seconds(kind, lasts),
            status=_checked(kind, status),
            name=name,
            container=container,
            lines=Fault.lines if lines is None else lines,
        )
        client.send("POST", "faults", {**dataclasses.asdict(fault), "times": _times(kind, times, lasts)})
    staged = [{**fault, "kind": Failure[Kind(fault["kind"]).name]} for fault in client.get("faults")]
    answer(staged, views.faults_view(staged), as_json=as_json)


def _times(kind: Failure, times: int | None, lasts: timedelta | None) -> int | None:
    """Return how often it fails; None for a failure that lasts for a time."""
    if kind not in _OUTAGES or lasts is None:
        return times or 1
    if times is not None:
        raise SandboxError(f"--for and --times: {kind} fails either for a time or a number of times")
    return None


def _exit_code(kind: Failure, text: str | None) -> int | None:
    if text is None or kind is Failure.CALL or (text == _NONE and kind is Failure.EXIT):
        return None
    if not text.isdecimal() or int(text) > _LARGEST_CODE:
        or_none = ", or none" if kind is Failure.EXIT else ""
        raise SandboxError(f"--code {text}: the exit code for {kind} is a number from 0 to {_LARGEST_CODE}{or_none}")
    return int(text)


def _warning(lasts: timedelta | None, stop_code: StagedStop | None) -> float:
    if lasts is None:
        return 0.0
    if stop_code is None or lasts > _LONGEST_WARNING:
        raise SandboxError(
            f"--for of exit is the time from the stop to the end of the containers: it needs --stop-code, "
            f"and is at most {_LONGEST_WARNING.total_seconds():.0f}s on Fargate"
        )
    return lasts.total_seconds()


def _seconds(kind: Failure, lasts: timedelta | None) -> float | None:
    if lasts is None or kind is Failure.EXIT:
        return _BEHIND if kind is Failure.STALE else _LATE if kind in _DELAYS else LONG
    may_be_ever = kind not in (*_DELAYS, *_OUTAGES)
    if lasts == _EVER and may_be_ever:
        return None
    if not timedelta(0) < lasts <= FARTHEST:
        or_ever = ", or it must be ever" if may_be_ever else ""
        raise SandboxError(f"--for must be longer than 0s and at most {FARTHEST.days}d, the longest advance{or_ever}")
    return lasts.total_seconds()


def _checked(kind: Failure, status: Status | None) -> Status | None:
    if kind is Failure.PENDING and status not in (None, *_BEFORE_IT_RUNS):
        raise SandboxError(f"--status {status}: a run can stay in {' or '.join(_BEFORE_IT_RUNS)} before it runs")
    return status


def _check_options(kind: Failure, given: Mapping[str, object]) -> None:
    for option, kinds in OPTIONS.items():
        if given[option] is not None and kind not in kinds:
            raise SandboxError(f"{option} applies to {', '.join(sorted(kinds))}, not to {kind}")


def _check_how(kind: Failure, how: How | None) -> None:
    if how is not None and how not in list(_HOWS[kind]):
        raise SandboxError(f"--how {how}: {kind} fails by {', '.join(_HOWS[kind])}")


def _check_job(kind: Failure, job: str | None, jobs: Iterable[str]) -> None:
    known = sorted(jobs)
    listed = f"jobs that have a schedule: {', '.join(known) or 'none'}"
    if kind in _OF_NO_JOB:
        if job is not None:
            raise SandboxError(f"{kind} takes no --job: {_OF_NO_JOB[kind]}")
    elif job is None:
        raise SandboxError(f"{kind} needs --job; {listed}")
    elif job not in known:
        raise not_here("job", job, known, listed)


def _check_name(kind: Failure, name: str | None, known: Sequence[str]) -> None:
    what = _NAMED[kind].removesuffix("s")
    listed = f"{what}s here: {', '.join(known) or 'none'}"
    if name is None:
        raise SandboxError(f"{kind} needs --name; {listed}")
    if name not in known:
        raise not_here(what, name, known, listed)
