"""Jobs that are a request to one of three servers behind a proxy, on the real engine: who runs them, who does not."""

from __future__ import annotations

import http.client
import json
import os
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from emulator.fault_injection.faults import Fault, Kind
from receiver.callback import Callbacks
from receiver.receiver import signature
from tests.engine.account import REGION
from tests.engine.alerting import Alerting, inbox, text
from tests.engine.supervised import HOURLY, outcomes, runs
from tests.reverse_proxy import reverse_proxy
from tests.wsgi_server import wsgi_servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program
    from tests.loopback import Served

STACK = "servers"
GROUP = f"scheduled-jobs-{STACK}"
SECRET, FOREIGN = "fleet-secret-of-32-letters-or-so", "another-secret-of-32-letters-oo"
OLD, NEW = "the-older-secret-of-32-letters-o", "whsec_dGhlIG5ld2VyIHNlY3JldCBvZiAzMiBsZXR0ZXJz"
SECRETS = {"servers/jobs": SECRET, "rotated/jobs": OLD}
JOBS = {
    "hello": "http=Http('fleet')",
    "dying": "http=Http('dying', jobs=['hello']), retries=1, backoff='1m'",
    "slow": "http=Http('fleet'), timeout='1s'",
    "good": "http=Http('fleet', jobs=['later'], callback_within='30m')",
    "bad": "http=Http('fleet', jobs=['later'], callback_within='30m')",
    "silent": "http=Http('fleet', jobs=['later'], callback_within='30m'), start_deadline='5m'",
    "old": "http=Http('old', jobs=['hello'])",
    "new": "http=Http('new', jobs=['hello'])",
}


@dataclass(frozen=True)
class Fleet:
    """Servers behind a proxy."""

    folder: Path
    """What they share with the test."""
    servers: Sequence[Served]
    proxy: Served

    @property
    def done(self) -> list[list[str]]:
        """Server, schedule, tick and attempt of each work that was done, in order."""
        return [line.split() for line in self._lines("done")]

    @property
    def requests(self) -> list[tuple[dict[str, str], bytes]]:
        """The headers of the proof, and the body, of each request that a server got, in order."""
        found = map(json.loads, self._lines("requests"))
        return [(one["headers"], one["body"].encode("latin-1")) for one in found]

    def of(self, schedule: str) -> list[tuple[dict[str, str], bytes]]:
        """Return the requests of a schedule."""
        return [one for one in self.requests if f'"schedule":"{schedule}"'.encode() in one[1]]

    def _lines(self, name: str) -> list[str]:
        return (self.folder / name).read_text(encoding="utf-8").splitlines()


@contextmanager
def fleet(folder: Path, clock: Mapping[str, str], count: int, secret: str) -> Iterator[Fleet]:
    """Run servers that know a secret, behind a proxy."""
    (folder / "claims").mkdir(parents=True)
    os.mkfifo(folder / "never")
    for name in ("done", "requests"):
        (folder / name).touch()
    environment = {**clock, "FOLDER": str(folder), "SECRETS": secret}
    with (
        wsgi_servers(count, "tests.engine.fleet:application", environment) as servers,
        reverse_proxy(folder / "nginx", servers) as proxy,
    ):
        yield Fleet(folder, servers, proxy)


@dataclass(frozen=True)
class Deployed:
    """The stack, and the services that its receivers are."""

    alerting: Alerting
    fleet: Fleet
    dying: Fleet
    rotated: tuple[Fleet, Fleet]
    """One server that knows the old secret, and one that knows the new one."""

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox."""
        return self.alerting.sandbox

    def hour(self, *, minutes: int = 5) -> datetime:
        """Let the next hour's ticks pass, and so many minutes; return the hour."""
        return self.sandbox.pass_hour(minutes=minutes)

    def outcomes(self, job: str, tick: datetime) -> tuple[str, list[str]]:
        """Return the outcome of a tick, and those of its runs."""
        found = self.alerting.tick(job, tick)
        return found.outcome, outcomes(found)

    def reason(self, job: str, tick: datetime) -> str:
        """Return the reason of the last run of a tick."""
        return runs(self.alerting.tick(job, tick))[-1].reason


@pytest.fixture(scope="module")
def deployed(
    sandbox: Sandbox, make_program: Callable[[str], Program], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployed]:
    """Run the services, and deploy jobs that are requests to them."""
    shown = sandbox.client.service_environment("arn:aws:iam::123456789012:role/sandbox-task")
    clock = {name: shown[name] for name in ("PYTHONPATH", "SANDBOX_CLOCK")}
    secrets, root = sandbox.account.client("secretsmanager"), tmp_path_factory.mktemp("fleets")
    for name, secret in SECRETS.items():
        secrets.create_secret(Name=name, SecretString=secret)
    with (
        inbox(sandbox, STACK) as queue,
        fleet(root / "fleet", clock, 3, SECRET) as healthy,
        fleet(root / "dying", clock, 3, SECRET) as dying,
        fleet(root / "old", clock, 1, OLD) as old,
        fleet(root / "new", clock, 1, NEW) as new,
    ):
        program = make_program(STACK)
        program.write_jobs(
            files={
                name: f"from settings import Http, Job\n\nJOB = Job(name={name!r}, owner='data', {asks})\n"
                for name, asks in JOBS.items()
            }
        )
        found = {"fleet": healthy, "dying": dying, "old": old, "new": new}
        program.write_config(
            {
                "aws:region": REGION,
                "scheduled-jobs:placements": {},
                "scheduled-jobs:schedules": dict.fromkeys(JOBS, HOURLY),
                "scheduled-jobs:receivers": {
                    name: {
                        "url": f"{one.proxy.url}/jobs",
                        "secret": "rotated/jobs" if name in {"old", "new"} else "servers/jobs",
                    }
                    for name, one in found.items()
                },
                "scheduled-jobs:alerts": {"sqs": [queue.arn]},
            }
        )
        program.up()
        yield Deployed(Alerting(sandbox, program, queue), healthy, dying, (old, new))
        sandbox.client.send("DELETE", "faults")
        assert program.run("destroy").code == 0
    for name in SECRETS:
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def ask(url: str, headers: Mapping[str, str], body: bytes, method: str = "POST") -> int:
    """Send a request; return the code of the answer."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(method, parts.path, body, {"Content-Type": "application/json", **headers})
        return connection.getresponse().status
    finally:
        connection.close()


def proven(secret: str, name: str, seconds: float, body: bytes) -> dict[str, str]:
    """Return headers with a signature."""
    written = str(int(seconds))
    signed = signature(secret, name, written, body)
    return {"webhook-id": name, "webhook-timestamp": written, "webhook-signature": signed}


def test_one_of_three_servers(deployed: Deployed) -> None:
    """One server runs a tick, another one the next, and each tick is done once."""
    before = len(deployed.fleet.done)
    hours = [text(deployed.hour()) for _ in range(3)]
    done = deployed.fleet.done[before:]
    assert [tick for _, schedule, tick, _ in done if schedule == "hello"] == hours
    assert len({server for server, *_ in done}) > 1
    assert deployed.alerting.told("hello") == []


def test_duplicate_delivery(deployed: Deployed) -> None:
    """An event that Lambda delivers twice reaches two servers. One does the work, and the run is good."""
    deployed.alerting.stage(Fault(Kind.DUPLICATE_INVOCATIONS, name=f"{GROUP}-job-hello"), None)
    before = len(deployed.fleet.of("hello"))
    hour = deployed.hour()
    (first, one), (second, other) = deployed.fleet.of("hello")[before:]
    assert first["webhook-id"] == second["webhook-id"]
    assert json.loads(one)["tick"] == json.loads(other)["tick"] == text(hour)
    assert Counter(tick for _, schedule, tick, _ in deployed.fleet.done if schedule == "hello")[text(hour)] == 1
    assert deployed.outcomes("hello", hour) == ("good", ["good"])
    assert deployed.alerting.told("hello") == []


def test_slow_server(deployed: Deployed) -> None:
    """A server that does not answer in time has timed out."""
    hour = deployed.hour()
    assert deployed.outcomes("slow", hour) == ("timed-out", ["timed-out"])
    assert "no answer within 1 seconds" in deployed.reason("slow", hour)


def test_callbacks(deployed: Deployed) -> None:
    """Accepted work is good, or has failed, as its callback says; without a callback it fails in the end."""
    hour = deployed.hour()
    orders = {job: json.loads(deployed.fleet.of(job)[-1][1]) for job in ("good", "bad", "silent")}
    assert {deployed.outcomes(job, hour)[0] for job in orders} == {"running"}
    now = deployed.sandbox.now.timestamp()
    callbacks = Callbacks([SECRET], clock=lambda: now, pauses=())
    callbacks.tell(orders["good"])
    callbacks.tell(orders["bad"], "no rates today")
    deployed.sandbox.go_to(hour + timedelta(minutes=50))
    assert [deployed.outcomes(job, hour)[0] for job in orders] == ["good", "failed", "failed"]
    assert deployed.reason("bad", hour) == "no rates today"
    assert deployed.reason("silent", hour).startswith("no callback came within 41 minutes 30 seconds")


def test_hostile_requests(deployed: Deployed) -> None:
    """A receiver takes no request that came before, is old, forged, too large or not about a job of its own."""
    fleet, url = deployed.fleet, f"{deployed.fleet.proxy.url}/jobs"
    deployed.hour(minutes=0)
    headers, body = fleet.of("hello")[-1]
    done, now = fleet.done, deployed.sandbox.now.timestamp()
    other = json.dumps({**json.loads(body), "jobs": ["drop-tables"]}).encode()
    fresh, huge = "f0" * 16, b" " * 70_000
    assert [ask(url, headers, body) for _ in range(3)] == [409, 409, 409]
    assert ask(url, headers, body.replace(b"hello", b"slow-")) == 401
    assert ask(url, headers | {"webhook-id": fresh}, body) == 401
    assert ask(url, {}, body) == 401
    assert ask(url, proven(FOREIGN, fresh, now, body), body) == 401
    assert ask(url, proven(SECRET, fresh, now - 301, body), body) == 401
    assert ask(url, proven(SECRET, fresh, now + 301, body), body) == 401
    assert ask(url, proven(SECRET, fresh, now, huge), huge) == 413
    assert ask(url, proven(SECRET, fresh, now, other), other) == 404
    assert ask(url, headers, b"", "GET") == 405
    deployed.sandbox.advance(timedelta(minutes=6))
    assert ask(url, headers, body) == 401
    assert fleet.done == done


def test_hostile_callbacks(deployed: Deployed) -> None:
    """A callback is about a run of its own job, and proves itself; what else comes changes nothing."""
    hour = deployed.hour()
    order, foreign = (json.loads(deployed.fleet.of(job)[-1][1]) for job in ("silent", "hello"))
    url, now = order["callback"], deployed.sandbox.now.timestamp()
    said = {name: order[name] for name in ("run", "schedule", "tick", "launch")}

    def answer(secret: str = SECRET, late: int = 0, padding: int = 0, **change: object) -> int:
        body = json.dumps({**said, "outcome": "good", **change}).encode() + b" " * padding
        return ask(url, proven(secret, "c0" * 16, now - late, body), body)

    assert answer(FOREIGN) == 401
    assert answer(late=301) == 401
    assert answer(padding=70_000) == 413
    assert answer(run=foreign["run"]) == 400
    assert answer(schedule="hello") == 400
    assert answer(outcome="stopped") == 400
    assert ask(url, {}, b"", "GET") == 405
    assert deployed.outcomes("silent", hour)[0] == "running"
    assert [answer(), answer()] == [204, 204]
    assert deployed.outcomes("silent", hour) == ("good", ["good"])
    assert deployed.outcomes("hello", hour) == ("good", ["good"])


def test_rotation(deployed: Deployed) -> None:
    """From a rotation on, servers with the old secret and with the new one take the requests."""
    secrets = deployed.sandbox.account.client("secretsmanager")
    hour = deployed.hour()
    assert [deployed.outcomes(job, hour)[0] for job in ("old", "new")] == ["good", "failed"]
    assert "answered 401 Unauthorized" in deployed.reason("new", hour)
    version = secrets.get_secret_value(SecretId="rotated/jobs")["VersionId"]
    secrets.put_secret_value(SecretId="rotated/jobs", SecretString=NEW)
    hour = deployed.hour()
    assert [deployed.outcomes(job, hour)[0] for job in ("old", "new")] == ["good", "good"]
    secrets.update_secret_version_stage(
        SecretId="rotated/jobs", VersionStage="AWSPREVIOUS", RemoveFromVersionId=version
    )
    hour = deployed.hour()
    assert [deployed.outcomes(job, hour)[0] for job in ("old", "new")] == ["failed", "good"]
    assert not any(secret in json.dumps(deployed.alerting.alerts()) for secret in (OLD, NEW, SECRET))


def test_dead_servers(deployed: Deployed) -> None:
    """A server that dies amid the work fails a run, and another one does the retry. Without servers it fails."""
    dying = deployed.dying
    (dying.folder / "deadly").touch()
    hour = deployed.hour()
    assert deployed.outcomes("dying", hour) == ("good", ["failed", "good"])
    assert deployed.alerting.told("dying", hour) == []
    assert [one[1:] for one in dying.done if one[2] == text(hour)] == [["dying", text(hour), "2"]]
    dead = [server for server in dying.servers if server.process.poll() is not None]
    assert len(dead) == 1

    hour = deployed.hour()
    assert deployed.outcomes("dying", hour) == ("good", ["good"])

    for server in dying.servers:
        server.kill()
    hour = deployed.hour()
    assert deployed.outcomes("dying", hour) == ("failed", ["failed", "failed"])
    assert "answered 502 Bad Gateway" in deployed.reason("dying", hour)
    assert deployed.alerting.told("dying", hour) == [("alert", "failed", text(hour))]
