"""`python -m sandbox report` shows the ledgers of all stacks and the sandbox's own data."""

from __future__ import annotations

import json
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

from emulator.ecs.runner import log_stream
from emulator.gateway.connections import KeepAliveHandler
from emulator.gateway.moto_application import moto_application
from emulator.logs.log_streams import write_log
from sandbox import cli as commands
from sandbox import collect
from sandbox.client import connect
from sandbox.control import Control
from sandbox.environment import DEFAULT_REGION
from sandbox.session import CONTROL, Server, Session
from tests.credentials import SESSION
from tests.processes.emulator.world import ACCOUNT, GROUP, INPUT, REGION, Host, client, document, opened
from watch.ledger import Ledger
from watch.records import JobRecord, Run, ScheduleRecord, Tick
from watch.table import KEY, SORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from tests.processes.emulator.world import World

VALUE = "rates-of-the-bank.csv"
NAMES = ("2027-01-04T01:00:00Z", "2027-01-04T02:00:00Z")
NEXT = [f"2027-01-{4 + hour // 24:02}T{hour % 24:02}:00:00Z" for hour in range(3, 2 + 49 + 1)]
"""Every hour of the 49 after 2 o'clock."""
Outcome = tuple[int, str, str]
"""Exit code, standard output, standard error."""


@dataclass
class Sandbox:
    """A running sandbox in this process, and its commands."""

    world: World
    session: Session
    run: Callable[..., Outcome]

    def report(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        code, out, err = self.run("report", "--json")
        assert (code, err) == (0, "")
        found: dict[str, Any] = json.loads(out)
        return found

    def fails(self, said: str, *arguments: object) -> None:
        """Check that a report fails with this line and writes nothing."""
        before = sorted(self.session.folder.parent.rglob("*"))
        assert self.run("report", *map(str, arguments)) == (1, "", f"error: {said}\n")
        assert sorted(self.session.folder.parent.rglob("*")) == before


@pytest.fixture
def sandbox(
    host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Sandbox]:
    """Yield a sandbox without a watch function."""
    session = Session(tmp_path / "session")
    session.folder.mkdir()
    monkeypatch.setattr(Session, "default", classmethod(lambda _: session))

    def run(*arguments: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["sandbox", *arguments])
        code = commands.main()
        return code, *capsys.readouterr()

    with opened(host) as world:
        control = Control(world.aws, world.clock, world.timeline, world.scheduler, {})
        app = DispatcherMiddleware(moto_application(), {CONTROL: control})
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=KeepAliveHandler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        session.write(Server.of_this_process(f"http://127.0.0.1:{server.server_port}", 1, SESSION))
        yield Sandbox(world, session, run)
        server.shutdown()
        thread.join()
        server.server_close()


def deploy_watch(world: World, group: str, path: str) -> Ledger:
    """Deploy a watch function with its ledger and its topic, and return the ledger."""
    service = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = client("iam").create_role(RoleName=f"{group}-watch", Path=path, AssumeRolePolicyDocument=document(service))[
        "Role"
    ]["Arn"]
    topic = client("sns").create_topic(Name=f"{group}-alerts")["TopicArn"]
    client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    variables = {"LEDGER_TABLE": f"{group}-ledger", "ALERT_TOPIC_ARN": topic}
    world.deploy("", FunctionName=f"{group}-watch", Role=role, Environment={"Variables": variables})
    client("dynamodb").create_table(
        TableName=f"{group}-ledger",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": KEY, "KeyType": "HASH"}, {"AttributeName": SORT, "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in (KEY, SORT)],
    )
    return Ledger(client("dynamodb"), f"{group}-ledger", 90)


def record(job: str, **changes: object) -> JobRecord:
    """Return the ledger's record of a job with one schedule of the same name."""
    return JobRecord(job, schedules={job: ScheduleRecord()}, **changes)  # type: ignore[arg-type]


@pytest.fixture
def watched(sandbox: Sandbox) -> Sandbox:
    """Return a sandbox in which a job ran once, failed, sent an alert, and then was not launched."""
    world = sandbox.world
    variables = [{"Name": "JOB_NAME", "Value": "report"}, {"Name": "API_TOKEN", "Value": VALUE}]
    overrides = {"ContainerOverrides": [{"Name": "app", "Environment": variables}]}
    world.schedule(Target={"Input": json.dumps({**INPUT, "Overrides": overrides})})
    world.schedule("report.paused", "cron(0 2 * * ? *)", State="DISABLED", ScheduleExpressionTimezone="Europe/Berlin")
    world.host.exit_code = 3
    world.advance(hours=1)
    [task] = world.host.started
    write_log(ACCOUNT, *(log_stream(task) or ("", "", "")), [f"{VALUE}: no such file", "<script>"])
    ledger = deploy_watch(world, GROUP, f"/jobs/{GROUP}/")
    run = Run(
        task.arn, 4, "STOPPED", created=NAMES[0], started=NAMES[0], stopped=NAMES[0], exit_code=3, outcome="failed"
    )
    ticks = [
        Tick("report", "report", NAMES[0], "failed", "failed", runs={task.id: run}),
        Tick("report", "report", NAMES[1], "not-launched", "not-launched", reason=f"no {VALUE}"),
    ]
    now: datetime = world.clock.now()
    assert ledger.save(record("report", trouble={"report": NAMES[1]}), ticks, now)
    assert ledger.save(JobRecord("placement:app", warned="no such role"), [], now)
    client("sns").publish(TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:{GROUP}-alerts", Subject="failed", Message="it did")
    world.host.exit_code = 0
    world.advance(hours=1)
    return sandbox


def test_what_is_collected(watched: Sandbox) -> None:
    """Ticks come from the ledger and schedules from Scheduler, and no environment value is shown."""
    found = watched.report()
    [stack] = found["stacks"]
    assert found["now"] == NAMES[1]
    assert {name: stack[name] for name in ("project", "name", "group", "region", "counts")} == {
        "project": "jobs",
        "name": "test",
        "group": "jobs-test",
        "region": REGION,
        "counts": {"ticks": 2, "good": 0, "trouble": 1, "alerts": 1},
    }
    assert [(one["at"], one["to"], one["subject"], one["body"]) for one in stack["alerts"]] == [
        (NAMES[0], ["ops@example.com"], "failed", "it did")
    ]
    report, paused = stack["schedules"]
    told = ("name", "job", "state", "words", "timezone", "trouble", "coming")
    assert [report[name] for name in told] == ["report", "report", "ENABLED", "every hour", "UTC", True, NEXT]
    words = "at 02:00 every day, Europe/Berlin"
    assert [paused[name] for name in told] == [
        "report.paused",
        "report",
        "DISABLED",
        words,
        "Europe/Berlin",
        False,
        [],
    ]
    failed, lost = report["ticks"]
    assert (failed["at"], failed["outcome"], failed["alert"]) == (NAMES[0], "failed", "failed")
    assert (lost["outcome"], lost["reason"], lost["runs"]) == ("not-launched", "no [API_TOKEN]", [])
    [run] = failed["runs"]
    assert (run["exit_code"], run["seconds"], run["log"]) == (3, 0, ["[API_TOKEN]: no such file", "<script>"])


def test_page(watched: Sandbox, tmp_path: Path) -> None:
    """The page is written to the given file, replaces an earlier page, and its path is printed."""
    usual = watched.session.folder / "report.html"
    assert watched.run("report") == (0, f"{usual}\n", "")
    text = usual.read_text(encoding="utf-8")
    assert f'id="jobs-test/report/{NAMES[0]}"' in text
    assert "&lt;script&gt;" in text
    assert VALUE not in text
    elsewhere = tmp_path / "[red].html"
    elsewhere.write_text("an earlier one")
    assert watched.run("report", "--output", str(elsewhere)) == (0, f"{elsewhere}\n", "")
    assert elsewhere.read_text(encoding="utf-8") == text


def test_several_stacks(watched: Sandbox) -> None:
    """Each ledger is a stack, even without schedules, and functions without a ledger are not stacks."""
    ledger = deploy_watch(watched.world, "older", "/")
    tick = Tick(
        "gone",
        "gone",
        NAMES[0],
        runs={"0f": Run("arn:aws:ecs:eu-central-1:123456789012:task/main/0f", 1, "STOPPED", outcome="good")},
    )
    assert ledger.save(record("gone"), [tick], watched.world.clock.now())
    watched.world.deploy("", FunctionName="night-watch")
    _, older = watched.report()["stacks"]
    assert (older["project"], older["name"], older["group"], older["alerts"]) == ("", "older", "older", [])
    [gone] = older["schedules"]
    assert (gone["state"], gone["timezone"], gone["words"], gone["coming"]) == ("DELETED", "UTC", "", [])
    assert gone["ticks"][0]["runs"][0]["log"] == []


def test_regions(watched: Sandbox) -> None:
    """The searched regions are those in which a task ran and those of stack files."""
    folder = watched.session.folder / "projects" / "jobs.test"
    folder.mkdir(parents=True)
    (folder / "Pulumi.test.yaml").write_text("config: {aws:region: us-east-1}\n")
    (folder / "Pulumi.other.yaml").write_text("config: {}\n")
    known = collect._Known(connect(watched.session))
    assert collect._regions(watched.session, known) == [REGION, "us-east-1"]
    assert [stack["region"] for stack in watched.report()["stacks"]] == [REGION]


def test_region_of_nothing(sandbox: Sandbox) -> None:
    """The default region is searched when no region is known."""
    known = collect._Known(connect(sandbox.session))
    assert collect._regions(sandbox.session, known) == [DEFAULT_REGION]


def test_without_a_ledger(sandbox: Sandbox) -> None:
    """A report without a watch function, and an error of AWS, are reported in one line."""
    none = "no stack has a watch function, which writes the ledger; deploy one with: make up"
    sandbox.fails(none)
    sandbox.world.deploy("", FunctionName="night-watch")
    sandbox.fails(none)
    deploy_watch(sandbox.world, GROUP, f"/jobs/{GROUP}/")
    client("dynamodb").delete_table(TableName=f"{GROUP}-ledger")
    sandbox.fails("the sandbox's AWS did not answer (Query: ResourceNotFoundException)")


def test_refused(watched: Sandbox, tmp_path: Path) -> None:
    """A file that cannot be written is reported in one line."""
    missing = tmp_path / "none" / "report.html"
    watched.fails(f"{missing} cannot be written: the folder {missing.parent} does not exist", "--output", missing)
    watched.fails(f"{tmp_path} is a folder; --output must be a file", "--output", tmp_path)
    watched.fails("/proc/report.html cannot be written: No such file or directory", "--output", "/proc/report.html")
    watched.fails("give either --output or --json; --json prints the page's data", "--json", "--output", tmp_path / "x")
