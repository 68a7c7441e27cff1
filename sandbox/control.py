"""The sandbox's own requests, at the same address as the requests to AWS."""

from __future__ import annotations

import dataclasses
import json
import queue
import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from emulator.ecs.runner import log_stream
from emulator.fault_injection.faults import read_fault
from emulator.iam import roles
from emulator.logs.log_streams import read_log
from watch.names import JOB_NAME, JOB_SCHEDULE, JOB_SCHEDULED_TIME, job_of_schedule
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from wsgiref.types import StartResponse, WSGIEnvironment

    from emulator.ecs.task import Task
    from emulator.embedded_aws import EmbeddedAws
    from emulator.scheduler.scheduler import Scheduler
    from emulator.timekeeping.clock import Clock
    from emulator.timekeeping.timeline import Timeline

_OTHER_KINDS = "For a job that is no task: python -m sandbox ops logs --stack sandbox JOB"


class Control:
    """The WSGI application that answers `python -m sandbox`."""

    def __init__(
        self,
        aws: EmbeddedAws,
        clock: Clock,
        timeline: Timeline,
        scheduler: Scheduler,
        environment: Mapping[str, str],
    ) -> None:
        """Serve the data of these parts; `environment` connects a process without a role to them."""
        self._aws = aws
        self._clock = clock
        self._timeline = timeline
        self._scheduler = scheduler
        self._environment = environment
        self._urls = Map(
            [
                Rule("/status", endpoint=self._status, methods=["GET"]),
                Rule("/runs", endpoint=self._runs, methods=["GET"]),
                Rule("/mail", endpoint=self._mail, methods=["GET"]),
                Rule("/events", endpoint=self._events, methods=["GET"]),
                Rule("/jobs", endpoint=self._jobs, methods=["GET"]),
                Rule("/functions", endpoint=self._functions, methods=["GET"]),
                Rule("/queues", endpoint=self._queues, methods=["GET"]),
                Rule("/faults", endpoint=self._faults, methods=["GET"]),
                Rule("/faults", endpoint=self._stage, methods=["POST"]),
                Rule("/faults", endpoint=self._clear_faults, methods=["DELETE"]),
                Rule("/log", endpoint=self._log, methods=["GET"]),
                Rule("/service", endpoint=self._service, methods=["GET"]),
                Rule("/advance", endpoint=self._advance, methods=["POST"]),
            ]
        )

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        request = Request(environ)
        try:
            endpoint, values = self._urls.bind_to_environ(environ).match()
            response: Response | HTTPException = endpoint(request, **values)
        except HTTPException as error:
            response = error
        return response(environ, start_response)

    def _status(self, _: Request) -> Response:
        moment = self._timeline.next_moment()
        return _json(
            {
                "now": self._clock.now(),
                "live": self._clock.live,
                "next": moment,
                "runs": len(self._aws.tasks.all()),
                "mail": len(self._aws.topics.mailbox),
            }
        )

    def _runs(self, _: Request) -> Response:
        return _json([_run(task) for task in self._aws.tasks.all()])

    def _mail(self, _: Request) -> Response:
        return _json([dataclasses.asdict(mail) for mail in self._aws.topics.mailbox])

    def _events(self, _: Request) -> Response:
        jobs = {task.arn: _job(task) for task in self._aws.tasks.all()}
        launches = [
            {"kind": "launch", "job": job_of_schedule(launch.schedule.rpartition("/")[2]), **dataclasses.asdict(launch)}
            for launch in self._scheduler.launches
        ]
        deliveries = [
            {
                "kind": "delivery",
                "job": next(filter(None, map(jobs.get, one.resources)), None),
                **dataclasses.asdict(one),
            }
            for one in list(self._aws.bus.deliveries)
        ]
        failures = [
            {"kind": "invocation", "job": None, **dataclasses.asdict(one)}
            for one in list(self._aws.invocations.failures)
        ]
        changes = [
            {"kind": "alarm", "job": None, **dataclasses.asdict(change)} for change in list(self._aws.alarms.changes)
        ]
        return _json(sorted([*launches, *deliveries, *failures, *changes], key=lambda event: event["at"]))

    def _jobs(self, _: Request) -> Response:
        names = {job_of_schedule(schedule.name) for schedule in self._scheduler.schedules()}
        return _json(sorted(names))

    def _functions(self, _: Request) -> Response:
        return _json(self._aws.function_names())

    def _queues(self, _: Request) -> Response:
        return _json(self._aws.queue_names())

    def _faults(self, _: Request) -> Response:
        pending = self._aws.faults.pending()
        return _json([{**dataclasses.asdict(one.fault), "left": one.left, "until": one.until} for one in pending])

    def _stage(self, request: Request) -> Response:
        given = request.get_json()
        times = given.pop("times")
        self._aws.faults.stage(read_fault(given), times)
        return Response(status=204)

    def _clear_faults(self, _: Request) -> Response:
        self._aws.faults.clear()
        return Response(status=204)

    def _log(self, request: Request) -> Response:
        name = request.args.get("name", "")
        tasks = [task for task in self._aws.tasks.all() if name in (task.id, _run(task)["job"])]
        if not tasks:
            known = ", ".join(sorted({visible(_run(task)["job"]) for task in self._aws.tasks.all()})) or "none yet"
            error = f"no task of '{name}' ran; jobs of which tasks ran: {known}. {_OTHER_KINDS}"
            return _json({"error": error}, status=404)
        task = tasks[-1]
        place = log_stream(task)
        lines = read_log(self._aws.account, *place) if place else []
        return _json({**_run(task), "lines": lines})

    def _service(self, request: Request) -> Response:
        """Answer with the variables of a container of a service, which has the permissions of its task role."""
        role = request.args.get("role", "")
        try:
            decision = roles.assume(role, "ecs-tasks.amazonaws.com", {})
        except ValueError as error:
            return _json({"error": str(error)}, status=404)
        if not decision.allowed:
            return _json({"error": f"ECS may not use the role {role}: {decision.reason}"}, status=404)
        keys = self._aws.identities.service_credentials(role)
        return _json({**self._environment, **keys.environment()})

    def _advance(self, request: Request) -> Response:
        to = datetime.fromisoformat(request.get_json()["to"])
        return Response(_lines(lambda tell: self._timeline.advance(to, tell)), mimetype="application/x-ndjson")


class _ClientGoneError(Exception):
    """The client has closed the answer."""


def _lines(work: Callable[[Callable[[datetime], None]], None]) -> Iterator[str]:
    """Do the work in a thread, and yield a line for each moment that the work reaches and a line for its end.

    When the reader stops reading, the work ends at the next moment that it reaches.
    """
    told: queue.SimpleQueue[Mapping[str, Any] | None] = queue.SimpleQueue()
    gone = threading.Event()

    def tell(moment: datetime) -> None:
        if gone.is_set():
            raise _ClientGoneError
        told.put({"moment": moment})

    def run() -> None:
        try:
            work(tell)
            told.put({"done": True})
        except Exception as error:  # noqa: BLE001 - the caller gets every error
            told.put({"error": f"{type(error).__name__}: {error}"})
        finally:
            told.put(None)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        while (line := told.get()) is not None:
            yield _text(line) + "\n"
    finally:
        gone.set()
    thread.join()


def _job(task: Task) -> str:
    return task.main.environment.get(JOB_NAME, task.group)


def _run(task: Task) -> dict[str, Any]:
    environment = task.main.environment
    place = log_stream(task)
    return {
        "job": _job(task),
        "schedule": environment.get(JOB_SCHEDULE),
        "tick": environment.get(JOB_SCHEDULED_TIME),
        "status": task.last_status,
        "exitCode": task.main.exit_code,
        "stopCode": task.stop_code,
        "stoppedReason": task.stopped_reason,
        "startedAt": task.started_at,
        "stoppedAt": task.stopped_at,
        "task": task.arn,
        "logGroup": place and place.group,
        "logStream": place and place.name,
    }


def _json(value: object, status: int = 200) -> Response:
    return Response(_text(value), status=status, mimetype="application/json")


def _text(value: object) -> str:
    return json.dumps(value, default=lambda v: v.isoformat() if isinstance(v, datetime) else str(v))
