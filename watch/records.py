"""The ledger's records: a tick with its runs, and the state of a job between two events. Plain data.

Every decision about an alert changes the job's record, and every change checks the record's version. So two
invocations never report the same tick twice.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar

from supervision import plain_data
from supervision.flights import Flight
from supervision.traffic import Traffic
from watch import untrusted
from watch.facts import JobFacts, ScheduleFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


T = TypeVar("T")


class RecordError(ValueError):
    """A record that the watch did not write, because somebody else has changed the ledger."""


@contextmanager
def foreign() -> Iterator[None]:
    """Raise RecordError in place of the errors of reading an item that somebody else wrote."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
        raise RecordError(str(error)) from error


@dataclass
class Run:
    """One run of a tick."""

    task: str
    """The task's ARN, or another text that names the run (`watch.run_kinds`)."""
    version: int
    """The task's version. An event with a lower version is late. One with the same version is a second delivery."""
    status: str
    definition: str = ""
    container: str = ""
    created: str | None = None
    started: str | None = None
    stopped: str | None = None
    exit_code: int | None = None
    stop_code: str = ""
    reason: str = ""
    outcome: str = "running"
    suspects: str = ""
    """The other containers that probably ended the run, in words."""
    unknown: str = ""
    """The schedule that the task names, quoted, when it is not one of the job's schedules."""
    by_hand: bool = False
    """Whether somebody started the run with `python -m ops rerun`."""
    guessed: bool = False
    """Whether the tick is a guess, because AWS did not say which tick the task is for."""
    attempt: int = 0
    """Which attempt of its tick the run is, from 1 on; 0 if the tick may have one only."""
    attempts: int = 0
    """How many attempts the tick may have; 0 as `attempt`."""
    rerun: str = ""
    """The id of the operator's request, for a run that one asked for. A task tells it by `startedBy`."""
    worker: str = ""
    """The process that does the work, as it names itself; empty for tasks and invocations."""


@dataclass
class Tick:
    """One tick, its runs and its outcome."""

    job: str
    schedule: str
    tick: str
    outcome: str = "running"
    """The outcome of the latest run; `missed` or `not-launched` when there is no run."""
    alert: str | None = None
    """The class that is reported, or would be reported if it were not quiet. Set once, never changed."""
    alerted_run: str = ""
    """The id of the run that still went on when the tick was alerted. Its end is reported too."""
    reason: str = ""
    """Why there is no run."""
    runs: dict[str, Run] = field(default_factory=dict)
    """Runs by task id."""
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What the supervisor launches: `role`, `request` and `service` of the job's item at the arrival. By the id of the
    operator's request, which is empty for the schedule's own run. Empty for a run that is not to begin."""
    struck: bool = False
    """Whether the tick was counted among those after which the job is paused."""
    version: int = 0
    """The version of this record; 0 until it is saved."""

    @property
    def key(self) -> tuple[str, str]:
        """The schedule and the tick."""
        return self.schedule, self.tick

    def counts(self, run: Run) -> bool:
        """Return whether a run is one of this tick's. A run that an operator started before the tick is not."""
        return not run.by_hand or run.created is None or run.created >= self.tick

    @property
    def has_run(self) -> bool:
        """Whether the tick has a run that counts."""
        return any(map(self.counts, self.runs.values()))

    @property
    def latest(self) -> Run | None:
        """The run that was created last, of those that count."""
        own = filter(self.counts, self.runs.values())
        return max(own, key=lambda run: (run.created or "", run.task), default=None)

    def run(self, task_id: str) -> Run | None:
        """Return a run, or the latest one if the id is empty or unknown."""
        return self.runs.get(task_id) or self.latest

    def to_plain(self) -> dict[str, Any]:
        """Return the record as plain data, without the version.

        A field that earlier versions do not know is left out if empty, so that those can still read the record.
        """
        plain = plain_data.plain(self, "version")
        _leave_out_empty(plain, "orders", "struck")
        for run in plain["runs"].values():
            _leave_out_empty(run, "attempt", "attempts", "rerun", "worker")
        return plain

    @classmethod
    def from_plain(cls, raw: Mapping[str, Any], version: int) -> Self:
        """Return the record of this plain data; RecordError for data that `to_plain` never returns."""
        with foreign():
            runs = {name: Run(**run) for name, run in raw["runs"].items()}
            tick = cls(**{**raw, "runs": runs}, version=version)
            _check_tick(tick.schedule, tick.tick)
            untrusted.checked_job(tick.job)
            for word in (tick.outcome, tick.alert or ""):
                untrusted.word(word)
            for run in runs.values():
                _check_run(run)
        return tick


@dataclass
class Pause:
    """The decision that a job is paused, because too many of its ticks in a row went wrong."""

    schedule: str
    tick: str
    """The tick that brought the pause about. A tick brings about one pause at most."""
    since: str
    """When it was decided."""
    count: int
    """How many ticks in a row went wrong."""
    stored: bool = False
    """Whether the hold is stored. Until then it is stored by each invocation that changes the job's record."""


@dataclass
class Message:
    """A message that is to be sent. It stays in the job's record until it was sent."""

    id: str
    kind: str
    """`alert`, `digest`, `recovered`; `ended` for the end of a run that was reported while it went on."""
    class_: str
    schedule: str
    tick: str
    about: list[list[str]] = field(default_factory=list)
    """Ticks that this message is the first to report, as `[schedule, tick, class]`: the latest few of `count`."""
    count: int = 1
    classes: dict[str, int] = field(default_factory=dict)
    reason: str = ""
    """The message's own reason, when no tick has one."""
    since: str | None = None
    """The first tick of the trouble."""
    failures: int = 0
    """How many ticks in a row were not good; 0 when that is unknown."""
    last_good: str | None = None
    """The latest tick that was good."""
    usual: int | None = None
    """Seconds that a good run usually takes."""
    limit: int | None = None
    """Seconds after which a run takes too long."""
    unresolved: list[list[str]] = field(default_factory=list)
    """Ticks that still have no good run when the job has recovered, as `[schedule, tick]`."""
    jobs: list[str] = field(default_factory=list)
    """All jobs that a message about a task definition concerns."""
    run: str = ""
    """The id of the run that the message is about; empty for the tick's latest run."""
    paused: Pause | None = None
    """The pause of the job that this message is the only one to tell of."""
    lease: str | None = None
    """Until this time an invocation is sending the message."""

    @classmethod
    def from_plain(cls, raw: Mapping[str, Any]) -> Self:
        """Return the message of this plain data."""
        return cls(**{**raw, "paused": Pause(**raw["paused"]) if raw.get("paused") else None})


@dataclass
class Storm:
    """Messages about a job that has not recovered. They are sent at growing intervals."""

    messages: int = 0
    quiet_until: str = ""
    about: list[list[str]] = field(default_factory=list)
    """The latest ticks that are not yet reported, as in `Message`."""
    count: int = 0
    """The number of all ticks that are not yet reported."""
    classes: dict[str, int] = field(default_factory=dict)
    since: str = ""
    """The first tick that was reported."""
    missed: bool = False
    """Whether a tick was missed. Then a later check may still find earlier ticks missed."""


@dataclass
class PastFacts:
    """The facts of a schedule before a change. Ticks until the change are judged by them."""

    facts: ScheduleFacts
    until: str
    """The time of the change."""
    since: str | None = None
    """The time of the change before that one."""


@dataclass
class Drift:
    """A schedule in AWS that is not as its job's item says."""

    what: str
    """`deleted` or `changed`."""
    since: str
    """The time of the check that found it."""
    alerted: bool = False


@dataclass
class ScheduleRecord:
    """The schedule as AWS has it, and how far its ticks have been judged."""

    checked: str | None = None
    """The latest tick that was judged: it had a run, or was missed."""
    seen: list[str] = field(default_factory=list)
    """Ticks after `checked` that have a known run or dead letter, ascending."""
    facts: ScheduleFacts | None = None
    """The schedule as AWS had it at the last check; None if it was not read yet, does not exist or cannot be read."""
    changed: str | None = None
    """When AWS says that the schedule was changed last."""
    enabled: bool = True
    """Whether the schedule was enabled at the last check."""
    paused: bool = False
    """Whether it was disabled at the last check although config wants it enabled."""
    past: list[PastFacts] = field(default_factory=list)
    """The schedule before its latest changes, the oldest first."""
    drift: Drift | None = None
    done: str | None = None
    """The latest tick of which it was judged whether its work was done in time."""
    failures: int = 0
    """How many ticks in a row were alerted."""
    last_good: str | None = None
    """The latest tick that had a good run."""
    strikes: list[str] = field(default_factory=list)
    """The ticks in a row that went wrong and count towards a pause of the job, ascending."""

    @classmethod
    def from_plain(cls, raw: Mapping[str, Any]) -> Self:
        """Return the record of this plain data."""
        past = [PastFacts(**{**one, "facts": ScheduleFacts(**one["facts"])}) for one in raw.get("past", ())]
        facts, drift = raw.get("facts"), raw.get("drift")
        return cls(
            **{
                **raw,
                "facts": ScheduleFacts(**facts) if facts else None,
                "past": past,
                "drift": Drift(**drift) if drift else None,
            }
        )


@dataclass
class OpenRun:
    """A run that has not ended."""

    task: str
    cluster: str
    """Empty for a run that is no task."""
    schedule: str
    tick: str
    since: str
    """When the run started, or was created."""


@dataclass
class WaitingEvent:
    """An event of a job of which nothing is known yet. It is judged when the job's item is there."""

    since: str
    """When the watch received the event."""
    event: dict[str, Any]
    """The fields of the event's detail that the watch keeps."""


@dataclass
class JobRecord:
    """The state of a job between two events."""

    job: str
    facts: JobFacts | None = None
    """The job's facts, as the watch saw them last. They serve runs that end after the job was removed."""
    waiting: list[WaitingEvent] = field(default_factory=list)
    schedules: dict[str, ScheduleRecord] = field(default_factory=dict)
    open: dict[str, OpenRun] = field(default_factory=dict)
    """Runs that have not ended, by task id."""
    durations: list[int] = field(default_factory=list)
    """Seconds of the latest good runs."""
    trouble: dict[str, str] = field(default_factory=dict)
    """By schedule, the latest tick that was alerted, until a later run is good."""
    awaited: dict[str, str] = field(default_factory=dict)
    """By schedule, a good tick that ends the trouble once the checks have passed it."""
    storm: Storm | None = None
    outbox: list[Message] = field(default_factory=list)
    unresolved: list[list[str]] = field(default_factory=list)
    """Ticks that were alerted and have no good run, as `[schedule, tick]`: the latest few of the present trouble."""
    warned: str | None = None
    """In a placement's record, the problem that was reported last."""
    traffic: Traffic = field(default_factory=Traffic)
    """A supervised job's ticks in flight."""
    pause: Pause | None = None
    """The pause of the job, until the watch has seen that somebody ended its hold."""
    version: int = 0
    """The version of this record; 0 until it is saved."""

    def schedule(self, name: str) -> ScheduleRecord:
        """Return a schedule's record, which is empty at first."""
        return self.schedules.setdefault(name, ScheduleRecord())

    def to_plain(self) -> dict[str, Any]:
        """Return the record as plain data, without the version.

        Fields that earlier versions do not know are left out if empty, so that those can still read the record.
        """
        plain = plain_data.plain(self, "traffic", "version")
        _leave_out_empty(plain, "pause")
        for message in plain["outbox"]:
            _leave_out_empty(message, "paused")
        for schedule in plain["schedules"].values():
            _leave_out_empty(schedule, "done", "paused", "strikes")
        if self.traffic.flights:
            plain["flights"] = [flight.to_plain() for flight in self.traffic.flights]
        return plain | {"facts": self.facts.to_plain() if self.facts else None}

    @classmethod
    def from_plain(cls, raw: Mapping[str, Any], version: int) -> Self:
        """Return the record of this plain data; RecordError for data that `to_plain` never returns."""
        with foreign():
            storm = Storm(**raw["storm"]) if raw["storm"] else None
            pause = Pause(**raw["pause"]) if raw.get("pause") else None
            flights = [Flight.from_plain(one) for one in raw.get("flights", ())]
            return cls(
                **{
                    **{name: value for name, value in raw.items() if name != "flights"},
                    "traffic": Traffic([one for one in flights if _is_own(_check_flight, one)]),
                    "job": untrusted.checked_record(raw["job"]),
                    "facts": JobFacts.from_plain(raw["facts"]) if raw.get("facts") else None,
                    "waiting": [
                        one for each in raw.get("waiting", ()) if _is_own(_check_waiting, one := WaitingEvent(**each))
                    ],
                    "schedules": _own(_check_schedule, _each(ScheduleRecord.from_plain, raw["schedules"])),
                    "open": _own(_check_open, _each(lambda run: OpenRun(**run), raw["open"])),
                    "durations": [int(one) for one in raw["durations"]],
                    "trouble": _own(_check_tick, raw["trouble"]),
                    "awaited": _own(_check_tick, raw["awaited"]),
                    "storm": storm if storm and _is_own(_check_storm, storm) else None,
                    "unresolved": [one for one in raw.get("unresolved", ()) if _is_own(_check_tick, *one)],
                    "outbox": [
                        message for one in raw["outbox"] if _is_own(_check_message, message := Message.from_plain(one))
                    ],
                    "pause": pause if pause and _is_own(_check_pause, pause) else None,
                },
                version=version,
            )


def _each(read: Callable[[Mapping[str, Any]], T], raw: Mapping[str, Mapping[str, Any]]) -> dict[str, T]:
    return {name: read(one) for name, one in raw.items()}


def _own(check: Callable[[str, T], object], entries: Mapping[str, T]) -> dict[str, T]:
    """Return only the entries that the watch can have written, so that a foreign entry does not stop the others."""
    return {name: entry for name, entry in entries.items() if _is_own(check, name, entry)}


def _is_own(check: Callable[..., object], *given: object) -> bool:
    try:
        check(*given)
    except (ValueError, TypeError, AttributeError, KeyError):
        return False
    return True


def _check_schedule(name: str, record: ScheduleRecord) -> None:
    untrusted.checked_schedule(name)
    moments = (
        record.checked,
        record.done,
        record.changed,
        record.last_good,
        *record.seen,
        *record.strikes,
        *(one.until for one in record.past),
    )
    for moment in moments:
        if moment is not None:
            untrusted.instant(moment)


def _check_open(_task: str, run: OpenRun) -> None:
    _check_place(run.task, run.cluster)
    _check_tick(run.schedule, run.tick)
    untrusted.instant(run.since)


def _check_waiting(waiting: WaitingEvent) -> None:
    untrusted.instant(waiting.since)
    untrusted.task_arn(waiting.event["taskArn"])


def _check_flight(flight: Flight) -> None:
    _check_tick(flight.schedule, flight.tick)
    if flight.launch is not None and flight.launch.task:
        _check_place(flight.launch.task, flight.launch.cluster)


def _check_place(run: str, cluster: str) -> None:
    untrusted.run_name(run)
    if cluster or not (untrusted.is_invocation(run) or untrusted.is_claimed_run(run)):
        untrusted.cluster_arn(cluster)


def _check_pause(pause: Pause) -> None:
    _check_tick(pause.schedule, pause.tick)
    untrusted.instant(pause.since)
    untrusted.whole(pause.count)


def _check_storm(storm: Storm) -> None:
    for moment in (storm.quiet_until, storm.since):
        if moment:
            untrusted.instant(moment)
    _check_about(storm.about, storm.classes)


def _check_about(about: list[list[str]], classes: Mapping[str, int]) -> None:
    for schedule, tick, class_ in about:
        _check_tick(schedule, tick)
        untrusted.word(class_)
    for class_ in classes:
        untrusted.word(class_)


def _check_run(run: Run) -> None:
    untrusted.run_name(run.task)
    untrusted.definition_arn(run.definition)
    for word in (run.status, run.stop_code, run.outcome):
        untrusted.word(word)
    for moment in (run.created, run.started, run.stopped):
        if moment is not None:
            untrusted.instant(moment)
    untrusted.exit_code(run.exit_code)
    untrusted.whole(run.attempt)
    untrusted.whole(run.attempts)


def _check_message(message: Message) -> None:
    if message.schedule:
        untrusted.checked_schedule(message.schedule)
    if message.tick:
        untrusted.instant(message.tick)
    _check_about(message.about, message.classes)
    for tick in message.unresolved:
        _check_tick(*tick)
    for tick_or_none in (message.since, message.last_good):
        if tick_or_none is not None:
            untrusted.instant(tick_or_none)
    for number in (message.failures, message.usual, message.limit):
        untrusted.whole(number)
    for word in (message.kind, message.class_):
        untrusted.word(word)
    for job in message.jobs:
        untrusted.checked_job(job)
    if message.paused is not None:
        _check_pause(message.paused)


def _check_tick(schedule: str, tick: str) -> None:
    untrusted.checked_schedule(schedule)
    untrusted.instant(tick)


def _leave_out_empty(plain: dict[str, Any], *newer: str) -> None:
    for name in newer:
        if not plain[name]:
            del plain[name]
