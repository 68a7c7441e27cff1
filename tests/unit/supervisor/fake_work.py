"""A work queue, claims and workers in memory, at their least convenient: workers die, hang, or lose the network.

The workers follow docs/workers.md. What truly happens is in `runs`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ReadTimeoutError

from supervisor import launch_answers
from tests.unit.supervisor.fake_table import FakeTable, Item
from tests.unit.watch.world import GROUP, PLACE
from watch import instants
from watch.claims_table import KEY
from watch.facts import WorkQueue
from watch.names import claims_name, work_queue_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from supervisor.launch_answers import Refusal

LEASE, BEAT, HIDDEN = 60, 15, 60
"""Seconds of a lease, between two heartbeats, and for which a message that was received is hidden."""
MARGIN = 5
"""Seconds before the end of its lease at which a worker kills a process, if it could not extend the lease."""
RESTART = 20
"""Seconds until another worker replaces one that has died."""
WORKERS = 3

GRANTED = "granted"
SENDINGS = (GRANTED, "throttled", "not authorized", "no queue", "broken", "sent, but broken", "doubled")
"""What SendMessage may answer, or that the queue then delivers the message twice."""

_CODES = {
    "throttled": ("RequestThrottled", "Rate exceeded", 400),
    "not authorized": ("AccessDenied", "is not authorized to perform: sqs:sendmessage", 403),
    "no queue": ("AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.", 400),
    "broken": ("InternalError", "try again", 500),
}


def queue(placement: str = "web") -> WorkQueue:
    """Return the work queue of a placement."""
    name = work_queue_name(GROUP, placement)
    url = f"https://sqs.eu-central-1.amazonaws.com/123456789012/{name}"
    return WorkQueue(arn=f"arn:aws:sqs:{PLACE}:{name}", url=url, task="refresh", claims=claims_name(GROUP))


def _error(answer: str) -> ClientError | ReadTimeoutError:
    """Return boto3's error of a call that has another answer than that it was done."""
    if answer not in _CODES:
        return ReadTimeoutError(endpoint_url="https://sqs")
    code, text, status = _CODES[answer]
    said: Any = {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(said, "SendMessage")


@dataclass(frozen=True)
class WorkLife:
    """What becomes of a run when nobody stops it, and of its worker. Times are in seconds from the claim."""

    runs: int = 60
    exit_code: int = 0
    dies: int | None = None
    """When the worker is killed, with its process."""
    hangs: int | None = None
    """When worker and process are frozen."""
    cut_off: int | None = None
    """When the worker loses the network, while its process goes on."""
    lasts: int = 100
    """For how long it hangs, or is cut off."""
    stubborn: int = 0
    """For how long the process ignores SIGTERM."""


@dataclass
class Letter:
    """A message in the work queue."""

    message: dict[str, Any]
    visible: int
    """From when on it may be received."""


@dataclass
class Worker:
    """A process that takes work."""

    name: str
    alive: bool = True
    frozen: bool = False
    cut_off: bool = False
    run: WorkedRun | None = None

    @property
    def is_free(self) -> bool:
        """Whether it polls the queue."""
        return self.alive and not self.frozen and not self.cut_off and self.run is None


@dataclass
class WorkedRun:
    """A run that a worker has claimed."""

    letter: Letter
    life: WorkLife
    worker: Worker
    began: int
    lease: int
    """Until when the worker knows that it has the run."""
    over: bool = False
    """Whether the process has ended."""
    ending: bool = False
    """Whether the process was told to stop."""
    end: Item = field(default_factory=lambda: {"outcome": {"S": "interrupted"}, "reason": {"S": "its lease was over"}})
    """How the process has ended, if it has."""

    @property
    def message(self) -> dict[str, Any]:
        """What the worker has read."""
        return self.letter.message

    @property
    def arn(self) -> str:
        """The text of the run."""
        return str(self.message["run"])

    @property
    def token(self) -> str:
        """What no other run has."""
        return self.id

    @property
    def id(self) -> str:
        """The claim's key."""
        return self.arn.rpartition("/")[2]

    @property
    def flight(self) -> str:
        """The name of the flight that it is for."""
        return "/".join(filter(None, (self.message["schedule"], self.message["tick"], self.message.get("rerun", ""))))

    @property
    def launch(self) -> int:
        """The number of the launch."""
        return int(self.message["launch"])

    @property
    def attempt(self) -> int:
        """The attempt that it was told to be."""
        return int(self.message["attempt"])

    @property
    def is_working(self) -> bool:
        """Whether its process runs."""
        return not self.over and self.worker.alive and not self.worker.frozen


@dataclass
class FakeWork:
    """The queue, the table and the workers."""

    second: Callable[[], int]
    later: Callable[[int, Callable[[], object]], None]
    step: Callable[[str], None]
    table: FakeTable = field(init=False)
    answers: list[str] = field(default_factory=list)
    """What the next calls of SendMessage are answered."""
    closed: set[str] = field(default_factory=set)
    """URLs of queues to which no launch role may send any more."""
    lives: list[WorkLife] = field(default_factory=list)
    """What becomes of the next runs."""
    usual: WorkLife = WorkLife()
    letters: list[Letter] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    """The messages of all calls."""
    doubted: set[str] = field(default_factory=set)
    """Ids of runs of which nobody knows whether the message was sent."""
    runs: list[WorkedRun] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What must not have happened."""
    workers: list[Worker] = field(default_factory=list)
    started: int = 0
    """How many workers were started."""
    on_start: Callable[[WorkedRun], None] = lambda _: None
    on_report: Callable[[dict[str, Any]], None] = lambda _: None

    def __post_init__(self) -> None:
        """Start the workers."""
        self.table = FakeTable(claims_name(GROUP), self.step)
        self.come()

    def send_work(self, role: str, queue: str, body: str) -> Refusal | None:
        """Take a message, or say what the refusal means."""
        assert role.endswith("/launch")
        self.step("SendMessage")
        answer = self.answers.pop(0) if self.answers else GRANTED
        answer = "not authorized" if queue in self.closed else answer
        message = json.loads(body)
        assert queue.endswith("/" + message["run"].rpartition("/")[0].rpartition(":")[2])
        self.sent.append(message)
        if answer not in _CODES:
            for _ in range(2 if answer == "doubled" else 1):
                self._put(Letter(message, self.second() + 1))
        if answer in (GRANTED, "doubled"):
            self.step("SendMessage made")
            return None
        refusal = launch_answers.of_error(_error(answer))
        if refusal.unknown:
            self.doubted.add(message["run"].rpartition("/")[2])
        return refusal

    def leave(self) -> None:
        """Let the service have no workers, until some come. Those that have a run end it."""
        self.workers.clear()

    def come_back(self) -> None:
        """Let workers come if there are none."""
        if not self.workers:
            self.come()

    def come(self, count: int = WORKERS) -> None:
        """Let the service have workers again."""
        for _ in range(count):
            self._start_worker()

    def working(self) -> list[WorkedRun]:
        """Return the runs whose processes run."""
        return [run for run in self.runs if run.is_working]

    def is_over(self, run: str) -> bool:
        """Return whether the claim of a run says that it is over."""
        item = self.table.items.get(run.rpartition("/")[2])
        return item is not None and item["state"]["S"] in ("ended", "stopped", "lost")

    def _start_worker(self) -> None:
        self.started += 1
        self.workers.append(Worker(f"web-{self.started}"))
        self.later(1, self._poll)

    def _put(self, letter: Letter) -> None:
        self.letters.append(letter)
        self._show_at(letter)

    def _show_at(self, letter: Letter) -> None:
        self.later(max(0, letter.visible - self.second()), self._poll)

    def _poll(self) -> None:
        """Let free workers receive what is visible, the oldest message first."""
        for letter in list(self.letters):
            free = next((one for one in self.workers if one.is_free), None)
            if free is None:
                return
            if letter.visible <= self.second() and letter in self.letters:
                self._take(free, letter)

    def _take(self, worker: Worker, letter: Letter) -> None:
        self._hide(letter)
        item = self.table.items.get(str(letter.message["run"]).rpartition("/")[2])
        if item is None:
            self._begin(worker, letter)
        elif item["state"]["S"] == "ended":
            self._report(letter, "ended", item)
            self._delete(letter)
        elif item["state"]["S"] in ("stopped", "lost"):
            self._delete(letter)
        elif int(item["lease"]["N"]) <= self.second():
            mark: Item = {"state": {"S": "lost"}, "ended": {"S": self._time()}}
            item.update({"outcome": {"S": "interrupted"}, "reason": {"S": "its worker was lost"}, **item, **mark})
            self._report(letter, "ended", item)
            self._delete(letter)

    def _begin(self, worker: Worker, letter: Letter) -> None:
        life, message = self.lives.pop(0) if self.lives else self.usual, letter.message
        run = WorkedRun(letter, life, worker, self.second(), self.second() + LEASE)
        named = {name: {"S": str(message[name])} for name in ("job", "schedule", "tick")}
        self.table.items[run.id] = {
            KEY: {"S": run.id},
            **named,
            "launch": {"N": str(message["launch"])},
            "rerun": {"S": message.get("rerun", "")},
            "holder": {"S": worker.name},
            "state": {"S": "claimed"},
            "lease": {"N": str(run.lease)},
            "token": {"N": "1"},
            "started": {"S": self._time()},
            "expires": {"N": str(self.second() + 14 * 24 * 3600)},
        }
        if any(one.id == run.id for one in self.runs):
            self.faults.append(f"{run.flight} is claimed twice as launch {run.launch}")
        worker.run = run
        self.runs.append(run)
        self.on_start(run)
        self._report(letter, "started", self.table.items[run.id])
        self.later(life.runs, lambda: self._exit(run, life.exit_code))
        self.later(BEAT, lambda: self._beat(run))
        for after, action in ((life.dies, self._die), (life.hangs, self._hang), (life.cut_off, self._cut_off)):
            if after is not None:
                self._later_if_running(run, after, action)

    def _later_if_running(self, run: WorkedRun, after: int, action: Callable[[WorkedRun], None]) -> None:
        self.later(after, lambda: action(run) if run.worker.run is run and not run.over else None)

    def _beat(self, run: WorkedRun) -> None:
        """Extend the lease, unless the run is not the worker's any more."""
        worker = run.worker
        if worker.run is not run or not worker.alive or worker.frozen:
            return
        if worker.cut_off:
            left = run.lease - MARGIN - self.second()
            if left <= 0:
                run.over = True
            else:
                self.later(min(BEAT, left), lambda: self._beat(run))
            return
        item = self.table.items[run.id]
        if run.over or item["state"]["S"] not in ("claimed", "stopping"):
            self._finish(run)
            return
        run.lease = self.second() + LEASE
        item["lease"] = {"N": str(run.lease)}
        self._hide(run.letter)
        if item["state"]["S"] == "stopping" and not run.ending:
            run.ending = True
            self.later(run.life.stubborn, lambda: self._exit(run, 143))
        self.later(BEAT, lambda: self._beat(run))

    def _exit(self, run: WorkedRun, exit_code: int) -> None:
        """Let the process end."""
        worker = run.worker
        if worker.run is not run or not worker.alive or run.over:
            return
        if worker.frozen:
            self.later(BEAT, lambda: self._exit(run, exit_code))
            return
        outcome = "failed" if exit_code else "good"
        run.over, run.end = True, {"outcome": {"S": outcome}, "reason": {"S": ""}, "exit_code": {"N": str(exit_code)}}
        if not worker.cut_off:
            self._finish(run)

    def _finish(self, run: WorkedRun) -> None:
        """End the claim of a run whose process has ended, tell of it, and take the next."""
        run.over, end, item = True, run.end, self.table.items[run.id]
        if item["state"]["S"] == "stopping" and end["outcome"]["S"] != "good":
            end = {name: value for name, value in end.items() if name == "exit_code"}
        if item["state"]["S"] in ("claimed", "stopping"):
            item.update({**end, "state": {"S": "ended"}, "ended": {"S": self._time()}})
        self._report(run.letter, "ended", item)
        self._delete(run.letter)
        run.worker.run = None
        self.later(0, self._poll)

    def _die(self, run: WorkedRun) -> None:
        run.worker.alive, run.over = False, True
        if run.worker in self.workers:
            self.later(RESTART, self._start_worker)

    def _hang(self, run: WorkedRun) -> None:
        run.worker.frozen = True

        def thaw() -> None:
            run.worker.frozen = False
            self._beat(run)

        self.later(run.life.lasts, thaw)

    def _cut_off(self, run: WorkedRun) -> None:
        run.worker.cut_off = True

        def reach() -> None:
            run.worker.cut_off = False
            if run.worker.run is run:
                self._beat(run)
            self._poll()

        self.later(run.life.lasts, reach)

    def _hide(self, letter: Letter) -> None:
        letter.visible = self.second() + HIDDEN
        self._show_at(letter)

    def _delete(self, letter: Letter) -> None:
        self.letters = [one for one in self.letters if one is not letter]

    def _report(self, letter: Letter, state: str, item: Mapping[str, Mapping[str, str]]) -> None:
        message = letter.message
        told = {name: message[name] for name in ("run", "schedule", "tick", "launch")}
        ended: dict[str, Any] = {}
        if state == "ended":
            code = item.get("exit_code", {}).get("N")
            ended = {
                "outcome": item["outcome"]["S"],
                "reason": item["reason"]["S"],
                "exit_code": None if code is None else int(code),
            }
        at = item["ended" if state == "ended" else "started"]["S"]
        worker = item.get("holder", {}).get("S", "")
        self.on_report({**told, "rerun": message.get("rerun", ""), "state": state, "at": at, **ended, "worker": worker})

    def _time(self) -> str:
        return instants.text(datetime.fromtimestamp(self.second(), UTC))
