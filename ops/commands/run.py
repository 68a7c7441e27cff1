"""Runs a job now, or one of its ticks, with its schedule's request and the operator's credentials."""

from __future__ import annotations

import json
import secrets
import shlex
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from aws_facts.universal_target import sends_message
from ops import aws_time, confirm, progress, sandboxed, spans
from ops import tick as ticks
from ops.commands import logs as shown_logs
from ops.errors import NotFoundError, OpsError, WrongArgumentError
from ops.operator_account import NotStartedError, OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.running import again, launch, one_time, started, stopping, variation, waiting
from ops.running.again import Begun, Supervised
from ops.running.asked_run import AskedRun
from ops.running.launching import Launching
from ops.running.through_scheduler import ThroughScheduler
from ops.stack import Chosen
from report import words
from watch import classes, instants, run_kinds
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ops.running.following import Line
    from ops.running.started import Started
    from ops.running.variation import Variation
    from ops.running.waiting import Ended
    from ops.stack import Place

_LONGEST_WAIT_DAYS = 14
"""Days that a task of Fargate may run before AWS retires it, or so (ECS Developer Guide, Fargate task retirement)."""
ABOUT = """
The job finds JOB_TRIGGER=manual, and as JOB_SCHEDULED_TIME the tick, or now. Options change this one run only, and need
the permissions that RunTask needs. --wait shows the log on standard output; with --json it is on standard error.

A supervised job is run by its supervisor, when overlap and lock allow it: --wait says what it waits for. At the end of
--timeout the request is withdrawn, and its task is stopped.

exit codes with --wait: the job's own; 1 it failed without one
exit codes: 0 started, or the job ended well; 120 the task did not start; 121 it took longer than --timeout and was
            stopped; 122 it was stopped, by somebody or by AWS; 123 the stack or schedule does not exist;
            124 refused by AWS or by this command; 125 interrupted by Ctrl-C, which asks whether to stop the task;
            2 wrong arguments
A job may end with one of our codes. With --json, exitCode is the job's own, and code is the command's.

example: python -m ops run --stack production nightly-report --env FORMAT=csv --wait --timeout 30m

example: python -m ops run --stack production nightly-report --through-scheduler --wait

example: python -m ops run --stack production migrate --wait --idempotency-key 4711 -- ./migrate.sh --to 0042
"""


@dataclass(frozen=True, kw_only=True)
class _Typed:
    """What the operator wants."""

    name: str
    tick: datetime | None
    changes: Variation
    wait: bool
    timeout: timedelta | None
    dry: bool
    insists: bool
    through: bool
    as_json: bool


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="JOB", help="The schedule as alerts name it: JOB or JOB.KEY.")],
    words_: Annotated[
        list[str] | None, typer.Argument(metavar="COMMAND", help="After --, a command instead of the job's.")
    ] = None,
    *,
    tick: Annotated[
        str | None, typer.Option(metavar="TIME", help="Run this tick, such as 2026-11-26T02:00:00Z; default: now.")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Set a variable; may be given several times.")
    ] = None,
    cpu: Annotated[int | None, typer.Option(metavar="UNITS", help="CPU units of the task.")] = None,
    memory: Annotated[int | None, typer.Option(metavar="MIB", help="Memory of the task.")] = None,
    revision: Annotated[int | None, typer.Option(metavar="N", help="Another revision of the task definition.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Show the log, and end as the job ends.")] = False,
    timeout: Annotated[
        str | None, typer.Option(metavar="TIME", help="With --wait: stop the task after this time, such as 30m.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--idempotency-key",
            metavar="KEY",
            help="Start nothing if this key has started the same run within a day, unless it ended an hour ago.",
        ),
    ] = None,
    insist: Annotated[
        bool,
        typer.Option(
            "--insist", help="Of a supervised job: run it although another tick holds the job's lock or still runs."
        ),
    ] = False,
    through: Annotated[
        bool,
        typer.Option(
            "--through-scheduler", help="Let EventBridge Scheduler launch it in a minute: that proves the launch role."
        ),
    ] = False,
    dry: Annotated[bool, typer.Option("--dry-run", help="Show the request, and start nothing.")] = False,
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Run the job and return the exit code."""
    if timeout is not None and not wait:
        raise typer.BadParameter("needs --wait", param_hint="--timeout")
    chosen = Chosen(stack=stack, group=group, region=region)
    try:
        typed = _Typed(
            name=name,
            tick=None if tick is None else ticks.read(tick),
            changes=variation.read(
                environment=env or [], command=words_ or [], cpu=cpu, memory=memory, revision=revision, key=key
            ),
            wait=wait,
            timeout=None if timeout is None else spans.read("--timeout", timeout, most_days=_LONGEST_WAIT_DAYS),
            dry=dry,
            insists=insist,
            through=through,
            as_json=as_json,
        )
        if (code := sandboxed.run(context, chosen)) is not None:
            return code
        return _run(chosen.place(), typed)
    except OpsError as error:
        error.exit_code = _code_of(error)
        raise
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted\n")
        return waiting.INTERRUPTED


def _code_of(error: OpsError) -> int:
    match error:
        case WrongArgumentError():
            return error.exit_code
        case NotFoundError():
            return waiting.NOT_FOUND
        case NotStartedError():
            return waiting.NOT_STARTED
        case _:
            return waiting.REFUSED


def _run(place: Place, typed: _Typed) -> int:
    account = OperatorAccount(place.region)
    with progress.of(f"reading the schedule {typed.name}"):
        schedule = account.schedule(place, typed.name)
    now = aws_time.of(schedule, datetime.now(UTC))
    if typed.through:
        return _through_scheduler(account, place, typed, schedule, now)
    if sends_message(schedule["Target"]["Arn"]) or typed.insists:
        return _ask(account, place, typed, schedule, typed.tick or now)
    launching = Launching(account, schedule, typed.changes)
    if typed.dry:
        _show_request(place, typed, launching.request(typed.tick or now))
        return 0
    with progress.of(f"starting {typed.name}"):
        tasks, params = launching.launch(typed.tick, now)
    return _started(account, place, typed, params, tasks)


def _ask(account: OperatorAccount, place: Place, typed: _Typed, schedule: Mapping[str, Any], tick: datetime) -> int:
    """Ask the supervisor of a supervised job to run it as it is deployed."""
    nonce, text = secrets.token_hex(launch.NONCE // 2), instants.text(tick)
    if not sends_message(schedule["Target"]["Arn"]):
        raise again.not_supervised(typed.name)
    again.check_asked(account, place, schedule)
    asked = again.supervised(account, place, schedule, again.message(schedule, text, nonce, insists=typed.insists))
    if not typed.changes.is_nothing:
        raise OpsError(
            f"{typed.name} is supervised: its supervisor launches it as it is deployed, when overlap and lock allow "
            "it; only --tick, --insist, --wait, --timeout and --dry-run can be given"
        )
    about = {"schedule": typed.name, "tick": text, "group": place.group, "region": place.region}
    if typed.dry:
        sys.stdout.write(json.dumps({**(about if typed.as_json else {}), **asked.shown()}, indent=2) + "\n")
        return 0
    with progress.of(f"asking the supervisor of {typed.name}"):
        begun = asked.start()
    if typed.wait:
        return _follow(account, place, typed, asked, about)
    if typed.as_json:
        sys.stdout.write(json.dumps({**about, **begun.to_plain(), "code": 0, "end": None}, indent=2) + "\n")
    else:
        sys.stdout.write(f"Asked the supervisor to run it (request {begun.request}).\n")
    return 0


def _through_scheduler(
    account: OperatorAccount, place: Place, typed: _Typed, schedule: Mapping[str, Any], now: datetime
) -> int:
    """Let Scheduler launch the job with its own launch role, in a minute."""
    if not typed.changes.is_nothing:
        raise WrongArgumentError(
            "--through-scheduler proves what is deployed; with it, no option can change the request"
        )
    at = one_time.at(now)
    nonce, tick = secrets.token_hex(launch.NONCE // 2), typed.tick or at
    is_supervised = sends_message(schedule["Target"]["Arn"])
    if typed.insists and not is_supervised:
        raise again.not_supervised(typed.name)
    if is_supervised:
        again.check_asked(account, place, schedule)
    message = again.message(schedule, instants.text(tick), nonce, insists=typed.insists)
    wanted = one_time.OneTime(schedule=schedule, message=message, at=at, by=account.caller())
    about = {"schedule": typed.name, "tick": message.tick, "group": place.group, "region": place.region}
    if typed.dry:
        shown = wanted.shown(account.run_task_shape)
        sys.stdout.write(json.dumps({**about, "createSchedule": shown} if typed.as_json else shown, indent=2) + "\n")
        return 0
    launches = ThroughScheduler(account, account.ledger(place).ledger, wanted) if typed.wait else None
    with progress.of(f"making the schedule {wanted.name}"):
        account.create_schedule(wanted.params())
    _say(f"Scheduler launches it at {at:%H:%M:%S} UTC, with the schedule {wanted.name}, which then deletes itself.")
    if launches is None:
        if typed.as_json:
            told = {**about, **Begun(request=nonce).to_plain(), "code": 0, "end": None}
            sys.stdout.write(json.dumps(told, indent=2) + "\n")
        return 0
    if is_supervised:
        return _follow(account, place, typed, again.supervised(account, place, schedule, message), about)
    with progress.of(f"waiting for Scheduler to launch {typed.name}"):
        found = launches.task()
    return _started(account, place, typed, found, [found])


def _follow(account: OperatorAccount, place: Place, typed: _Typed, asked: Supervised, about: Mapping[str, Any]) -> int:
    """Follow a request to the supervisor and return the exit code. Ctrl-C asks whether to withdraw it."""
    run = AskedRun(account, place, asked.message, typed.timeout, asked.withdraw)
    try:
        ended = run.to_the_end(_show(typed), lambda why: _say(f"{typed.name}: {why}"))
    except KeyboardInterrupt:
        question, ends = _withdrawal(asked.message.rerun, run.kind)
        if _agreed(question):
            asked.withdraw()
            _say(ends)
        else:
            _say(f"it goes on; see what becomes of it: python -m ops history {shlex.quote(asked.message.job)}")
        code, plain = waiting.INTERRUPTED, dict[str, Any]()
    else:
        code, plain = ended.code, ended.to_plain()
        _say(_end(typed.name, ended))
    if typed.as_json:
        begun = Begun(run.followed, asked.message.rerun)
        sys.stdout.write(json.dumps({**about, **begun.to_plain(), "code": code, "end": plain or None}, indent=2) + "\n")
    return code


def _withdrawal(request: str, kind: str) -> tuple[str, str]:
    """Return what Ctrl-C asks, and what is said after a yes. Nobody can stop an invocation."""
    if kind in run_kinds.UNSTOPPABLE:
        return f"Withdraw the request {request}?", "it is withdrawn; an invocation goes on, and no attempt follows"
    what = "task" if kind == run_kinds.TASK else "run"
    return f"Withdraw the request {request}, and stop its {what}?", "the supervisor ends it"


def _show(typed: _Typed) -> Callable[[Line], None]:
    """Return what shows a line of the log: on standard output, which with --json has JSON only."""
    if typed.as_json:
        return lambda line: _say(line.text)
    return lambda line: shown_logs.show(line, named=False)


def _say(text: str) -> None:
    sys.stderr.write(f"{visible(text)}\n")


def _started(
    account: OperatorAccount, place: Place, typed: _Typed, params: Mapping[str, Any], tasks: Sequence[Mapping[str, Any]]
) -> int:
    """Tell of started tasks, wait for their end if that is wanted, and return the exit code.

    Ctrl-C asks for each task whether to stop it.
    """
    begun = [started.unseen(place, task) for task in tasks]

    def stop(one: Started, why: str) -> None:
        tick = instants.text_or_none(launch.tick(params)) or ""
        stopping.begin(account, place, why).stop(one.cluster, one.task, typed.name, tick)

    ended: Ended | None = None
    try:
        with progress.of(f"looking for the log of {typed.name}"):
            begun = [started.look(account, place, task, params) for task in tasks]
        if typed.wait:
            ended = _wait(account, typed, params, begun, stop)
        code = ended.code if ended else 0
    except KeyboardInterrupt:
        for one in begun:
            _interrupted(one, partial(stop, one))
        code = waiting.INTERRUPTED
    if typed.as_json:
        _print_json(place, typed, params, begun, {"code": code, "end": ended.to_plain() if ended else None})
    elif not typed.wait:
        started.tell([], begun)
    return code


def _wait(
    account: OperatorAccount,
    typed: _Typed,
    params: Mapping[str, Any],
    begun: Sequence[Started],
    stop: Callable[[Started, str], None],
) -> Ended:
    """Show the log until the task has ended, and return how it ended."""
    if len(begun) != 1:
        raise OpsError(f"--wait follows one task, but {typed.name} starts {len(begun)}; they run")
    [one] = begun
    _say(f"Started task {started.last(one.task)} on cluster {started.last(one.cluster)}.")
    container = launch.container(params) or ""
    waits = waiting.Waiting(account, one, container, typed.timeout, partial(stop, one))
    ended = waits.to_the_end(_show(typed))
    _say(_end(typed.name, ended))
    return ended


def _interrupted(begun: Started, stop: Callable[[str], None]) -> None:
    if _agreed(f"Stop task {started.last(begun.task)}?"):
        stop("Ctrl-C of ops run")
        _say("ECS stops the task")
    else:
        _say(f"the task goes on; watch it: {begun.watch}")


def _agreed(question: str) -> bool:
    """Ask after Ctrl-C. A second one, and a pipe, mean no."""
    sys.stderr.write("\n")
    try:
        return confirm.terminal() and confirm.confirmed([], question)
    except KeyboardInterrupt:
        return False


def _end(name: str, ended: Ended) -> str:
    late = "took too long" if ended.outcome == classes.RUNNING else "took too long and was stopped"
    how = late if ended.timed_out else words.meaning(ended.outcome)
    code = "" if ended.exit_code is None else f", exit code {ended.exit_code}"
    return f"{name}: {how}{code}{f': {ended.reason}' if ended.reason and ended.code else ''}"


def _print_json(
    place: Place, typed: _Typed, params: Mapping[str, Any], begun: Sequence[Started], more: Mapping[str, Any]
) -> None:
    found = {**_about(place, typed, params), **Begun(begun).to_plain(), **more}
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


def _show_request(place: Place, typed: _Typed, params: Mapping[str, Any]) -> None:
    """Print the request. Values that look secret are hidden, since people paste what they see."""
    shown = launch.shown(params)
    found = {**_about(place, typed, params), "request": shown} if typed.as_json else shown
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


def _about(place: Place, typed: _Typed, params: Mapping[str, Any]) -> dict[str, Any]:
    tick = instants.text_or_none(launch.tick(params))
    return {"schedule": typed.name, "tick": tick, "group": place.group, "region": place.region}
