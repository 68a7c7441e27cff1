"""The alert: one contract for every class, in the form for machines. See docs/alerts.md and its schema. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from watch import causes, classes, clues, commands, done_by, due, instants, pausing, run_kinds, untrusted
from watch.decisions import duration
from watch.facts import SEVERITIES
from watch.names import JOB_SCHEDULE, job_of_schedule
from watch.redaction import hidden
from watch.summaries import summary

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from aws_facts.arn import Arn
    from supervision.limits import Limits
    from watch.clues import Cause
    from watch.enrichment import Found
    from watch.facts import Facts
    from watch.records import Message, Run, Tick

SCHEMA_VERSION = "1.7"
"""The first part grows when a field is removed or changes its meaning, the second when a field is added."""

Alert = dict[str, Any]
"""Every field of the contract. A field that is unknown or does not apply is None or empty."""

_NAMED_TICKS = 10
_LONGEST_REASON = 2000


@dataclass(frozen=True)
class Setting:
    """The facts, the place and the time that all alerts of one moment share."""

    facts: Facts
    where: Arn
    """The function's ARN. Everything that an alert names is in its partition, region and account."""
    now: datetime


def compose(message: Message, job: str, tick: Tick | None, found: Found, setting: Setting) -> Alert:
    """Return the alert for a message."""
    facts, where, now = setting.facts, setting.where, setting.now
    run = tick.run(message.run) if tick else None
    said = message.reason or (run.reason if run else "") or (tick.reason if tick else "")
    last = run or tick
    ended = last.outcome if last and message.kind == "ended" else None
    cause = _cause(message, run, tick, said, found, setting, ended)
    about_placement = message.class_ == classes.WILL_NOT_LAUNCH or not message.schedule
    upcoming = _next(message, found, facts, now)
    is_over, goes_on = _is_over(message, run, tick), _goes_on(message, run)
    no_rerun = commands.no_rerun(message.schedule, run, facts) if is_over else None
    rerun = None
    if is_over and not no_rerun:
        rerun = commands.rerun(message.schedule, message.tick, facts, where.region)
    check = commands.check(message, job, run, facts, where.region, now)
    alert: Alert = {
        "schemaVersion": SCHEMA_VERSION,
        "id": f"{facts.group}/{message.id}",
        "incident": f"{facts.group}/{job}",
        "kind": message.kind,
        "class": message.class_,
        "severity": _severity(facts, message.jobs or [job]),
        "summary": "",
        "at": instants.text(now),
        "project": facts.project,
        "stack": facts.stack,
        "group": facts.group,
        "account": where.account,
        "region": where.region,
        "job": None if about_placement else job,
        "jobs": message.jobs or [job],
        "schedule": message.schedule or None,
        "tick": message.tick or None,
        "timezone": upcoming[1] if upcoming else _timezone(message.schedule, facts),
        "next": upcoming[0] if upcoming else None,
        "firstFailed": message.since,
        "failures": message.failures or None,
        "lastGood": message.last_good,
        "owners": sorted({facts.job(name).owner for name in message.jobs or [job]} - {""}),
        "runbook": facts.job(job).runbook or None,
        "exitCode": run.exit_code if run else None,
        "stopCode": (run.stop_code or None) if run else None,
        "reason": untrusted.visible(hidden(said, found.hide))[:_LONGEST_REASON] or None,
        "task": run.task if run else None,
        "worker": (run.worker or None) if run else None,
        "createdAt": run.created if run else None,
        "startedAt": run.started if run else None,
        "stoppedAt": run.stopped if run else None,
        "seconds": duration(run) if run else None,
        "attempts": _attempts(tick),
        "dueBy": _due_by(message, job, facts),
        "usual": message.usual,
        "limit": message.limit,
        "log": {
            "group": found.log_group,
            "stream": found.log_stream,
            "url": found.log_url,
            "lines": found.lines,
        },
        "cause": hidden(cause.guess, found.hide) if cause.guess else None,
        "proof": check.command if check else None,
        "reading": list(check.reading) if check else [],
        "rerun": rerun,
        "rerunHelps": cause.rerun_helps if rerun else None,
        "stop": commands.stop(run, facts, where.region) if goes_on else None,
        "goesOn": goes_on,
        "paused": _paused(message, facts, where.region),
        "digest": _digest(message, facts),
        "unresolved": _unresolved(message, facts, where.region),
        "missing": [*found.missing, *_unknown(run, job), *_missing("the command that runs the tick again", no_rerun)],
    }
    alert["summary"] = summary(alert, job, ended, run_kinds.of(facts.job(job), run.task if run else ""))
    shown: Alert = _visible(alert)
    return shown


def _cause(  # noqa: PLR0913, PLR0917 - all that a cause may show in
    message: Message, run: Run | None, tick: Tick | None, said: str, found: Found, setting: Setting, ended: str | None
) -> Cause:
    facts, job = setting.facts, setting.facts.job(job_of_schedule(message.schedule))
    kind = run_kinds.of(job, run.task if run else "")
    if message.class_ == classes.NOT_DONE and run is None and not ended:
        claims = kind == run_kinds.PROCESS_RUN
        if tick is not None and tick.outcome == classes.WAITING:
            return clues.NOT_YET_CLAIMED if claims else clues.STILL_WAITS
        if _may_still_launch(message, facts, setting.now):
            return clues.NOT_YET_CLAIMED if claims else clues.MAY_STILL_LAUNCH
    limit = _limit_words(kind, job.limits.get(message.schedule))
    cause = causes.of(ended or message.class_, run, said, found.lines, message.tick, limit, kind)
    return causes.with_earlier(cause) if kind == run_kinds.REQUEST and _may_be_done(tick, run) else cause


def _may_be_done(tick: Tick | None, last: Run | None) -> bool:
    """Return whether a request of the tick before the last one may have had the work done, as far as anybody knows."""
    earlier = [one for one in tick.runs.values() if one is not last and tick.counts(one)] if tick and last else []
    found = (causes.of(one.outcome, one, one.reason, [], "", kind=run_kinds.REQUEST) for one in earlier)
    return any(cause.rerun_helps is None for cause in found)


def _limit_words(kind: str, limits: Limits | None) -> str:
    """Return in words when a run of this kind is stopped that goes on."""
    match kind:
        case run_kinds.PROCESS_RUN:
            return clues.LIMIT_OF_PROCESS
        case run_kinds.INVOCATION:
            return clues.LIMIT_OF_FUNCTION
        case run_kinds.REQUEST if limits is not None and limits.ends_within is not None:
            return clues.LIMIT_OF_REQUEST.format(instants.length(limits.ends_within))
    timeout = limits and (limits.timeout or limits.total_timeout)
    return f"the supervisor stops it after {instants.length(timeout)}" if timeout else clues.NO_LIMIT


def _attempts(tick: Tick | None) -> int | None:
    """Return how many runs a tick of a supervised job has had; None for other ticks."""
    return sum(map(tick.counts, tick.runs.values())) if tick and tick.orders and tick.runs else None


def _missing(what: str, why: str | None) -> list[str]:
    return [f"{what} ({why})"] if why else []


def _unknown(run: Run | None, job: str) -> list[str]:
    if run is None or not run.unknown:
        return []
    return [f"the schedule (the task's {JOB_SCHEDULE} is {run.unknown}, which is not a schedule of {job})"]


def _visible(value: Any) -> Any:  # noqa: ANN401 - a part of the alert
    """Return a part of an alert with invisible characters written out, so that every display keeps its lines."""
    if isinstance(value, str):
        return untrusted.visible(value)
    if isinstance(value, list):
        return [_visible(one) for one in value]
    return {_visible(name): _visible(one) for name, one in value.items()} if isinstance(value, dict) else value


def attributes(alert: Mapping[str, Any]) -> dict[str, Any]:
    """Return the message attributes that subscriptions filter by. One matching value of a list is enough."""
    told = sorted({alert["class"], *(alert["digest"] or {}).get("classes", {})})
    return {
        "class": told,
        "severity": [alert["severity"]],
        "owner": alert["owners"],
        "job": alert["jobs"],
        "kind": [alert["kind"]],
    }


def _severity(facts: Facts, jobs: list[str]) -> str:
    found = {facts.job(name).severity for name in jobs}
    return next((one for one in SEVERITIES if one in found), "error")


def _timezone(schedule: str, facts: Facts) -> str:
    known = facts.schedule(schedule)
    return known.timezone if known else "UTC"


def _goes_on(message: Message, run: Run | None) -> bool:
    """Return whether a message is about a run that goes on, and that somebody may want to stop."""
    if message.kind == "ended":
        return False
    late = message.class_ == classes.NOT_DONE and run is not None and run.outcome == classes.RUNNING
    return message.class_ == classes.OVERRUN or late


def _is_over(message: Message, run: Run | None, tick: Tick | None) -> bool:
    """Return whether a message is about a tick whose run is over, or never began, and was not good."""
    if not message.tick or message.class_ == classes.RECOVERED or (tick and tick.outcome == classes.GOOD):
        return False
    return not _goes_on(message, run)


def _may_still_launch(message: Message, facts: Facts, now: datetime) -> bool:
    """Return whether Scheduler may still launch a tick: its window is open, or launches are still repeated."""
    known = facts.schedule(message.schedule)
    window = timedelta(minutes=known.window if known else 0)
    return now <= instants.read(message.tick) + window + timedelta(seconds=facts.grace)


def _due_by(message: Message, job: str, facts: Facts) -> str | None:
    """Return the time at which a tick's work had to be done; None for other messages."""
    schedule, until = facts.schedule(message.schedule), facts.job(job).done_by.get(message.schedule)
    if message.class_ != classes.NOT_DONE or schedule is None or until is None:
        return None
    return instants.text(done_by.deadline(until, instants.read(message.tick), schedule.timezone))


def _next(message: Message, found: Found, facts: Facts, now: datetime) -> tuple[str, str] | None:
    """Return the next tick of the schedule, or of the jobs that will not launch, and its time zone; None for none.

    A rate goes on from the tick of the message. A schedule that is not as deployed has other ticks, or none.
    """
    if message.class_ == classes.WILL_NOT_LAUNCH:
        return due.next_tick([facts.job(name) for name in message.jobs], now)
    known = facts.schedule(message.schedule)
    if known is None or not found.enabled or message.class_ == classes.DRIFTED or message.paused:
        return None
    ticks = due.times(known).ticks(now, anchor=instants.read(message.tick) if message.tick else now)
    tick = next(ticks, None)
    return (instants.text(tick), known.timezone) if tick else None


def _paused(message: Message, facts: Facts, region: str) -> dict[str, Any] | None:
    """Return the hold that keeps the job from running from now on, and how to end it; None for other messages."""
    if message.paused is None:
        return None
    hold = pausing.id_of(message.paused)
    return {"hold": hold, "ticks": message.paused.count, "resume": commands.resume(hold, facts, region)}


def _unresolved(message: Message, facts: Facts, region: str) -> dict[str, Any] | None:
    """Return the latest ticks that still have no good run, each with the command that runs it again."""
    if not message.unresolved:
        return None
    named = [
        {
            "schedule": schedule,
            "tick": tick,
            "timezone": _timezone(schedule, facts),
            "rerun": None
            if commands.no_rerun(schedule, None, facts)
            else commands.rerun(schedule, tick, facts, region),
        }
        for schedule, tick in sorted(message.unresolved, key=lambda one: one[1])
    ]
    return {"count": len(named), "ticks": named[-_NAMED_TICKS:]}


def _digest(message: Message, facts: Facts) -> dict[str, Any] | None:
    if message.kind == "alert" or not message.count:
        return None
    named = [
        {"schedule": schedule, "tick": tick, "timezone": _timezone(schedule, facts), "class": class_}
        for schedule, tick, class_ in message.about
    ]
    return {"count": message.count, "classes": message.classes, "ticks": named}
