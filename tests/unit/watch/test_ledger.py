"""The ledger in DynamoDB: records that are written together, their versions, and their expiry."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from supervision.limits import Closure, Limits
from tests.unit.watch.world import CLUSTER, START, refuse
from watch import instants, job_items
from watch.facts import JobFacts, ScheduleFacts, Supervised
from watch.ledger import Ledger
from watch.ledger import refuse as refuse_record
from watch.records import (
    JobRecord,
    Message,
    OpenRun,
    RecordError,
    Run,
    ScheduleRecord,
    Storm,
    Tick,
    WaitingEvent,
)
from watch.stops import AnnouncedStop
from watch.table import BODY, DEPLOYED, EXPIRES, KEY, SORT
from watch.task import Origin

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "ledger"
ARN = "arn:aws:ecs:eu-central-1:123456789012:task/production/0a"
TICK = "2027-01-04T02:00:00Z"
FACTS = JobFacts(
    owner="data",
    passed_roles=("arn:aws:iam::123456789012:role/task",),
    schedules={"report": ScheduleFacts(expression="cron(0 2 * * ? *)", timezone="Europe/Berlin", window=5)},
)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    """Yield a DynamoDB client with the ledger's table."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        made = boto3.client("dynamodb", region_name="eu-central-1")
        made.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": KEY, "KeyType": "HASH"}, {"AttributeName": SORT, "KeyType": "RANGE"}],
            AttributeDefinitions=[
                {"AttributeName": KEY, "AttributeType": "S"},
                {"AttributeName": SORT, "AttributeType": "S"},
            ],
        )
        yield made


@pytest.fixture
def ledger(client: DynamoDBClient) -> Ledger:
    """Return an empty ledger that keeps ticks for 90 days."""
    return Ledger(client, TABLE, 90)


def full_record() -> JobRecord:
    """Return a job's record with a value in every field."""
    return JobRecord(
        "report",
        facts=FACTS,
        waiting=[WaitingEvent(TICK, {"taskArn": ARN, "containers": [{"name": "app"}]})],
        schedules={"report": ScheduleRecord(TICK, ["2027-01-05T02:00:00Z"])},
        open={"0a": OpenRun(ARN, CLUSTER, "report", TICK, TICK)},
        durations=[60],
        trouble={"report": TICK},
        storm=Storm(2, TICK, [["report", TICK, "failed"]], 1, {"failed": 1}),
        outbox=[Message("id", "alert", "failed", "report", TICK, lease=TICK)],
        warned="something",
    )


def test_keeps_everything(ledger: Ledger) -> None:
    """A saved record is read unchanged, with the next version, and a record that does not exist is empty."""
    record, tick = full_record(), Tick("report", "report", TICK, runs={"0a": Run(ARN, 3, "RUNNING")})
    assert ledger.load("report", [("report", TICK)]) == (
        JobRecord("report"),
        {("report", TICK): Tick("report", "report", TICK)},
    )
    assert ledger.save(record, [tick], START)
    read, ticks = ledger.load("report", [("report", TICK)])
    assert (read.version, ticks["report", TICK].version) == (1, 1)
    read.version = ticks["report", TICK].version = 0
    assert (read, ticks) == (record, {("report", TICK): tick})
    assert ledger.jobs(refuse).keys() == {"report"}
    assert [one.tick for one in ledger.ticks("report")] == [TICK]
    found = ledger.tick(("report", TICK))
    assert found is not None
    assert found.runs == tick.runs
    assert ledger.tick(("report", "2027-01-05T02:00:00Z")) is None


def test_unchanged_records_are_read_once(ledger: Ledger) -> None:
    """The records of all jobs are those of the call before, except for the changed ones. One job's record is new."""
    for job in ("a", "b"):
        ledger.save(JobRecord(job), [], START)
    first = ledger.jobs(refuse)
    changed, _ = ledger.load("b")
    assert changed is not first["b"]
    changed.warned = "something"
    ledger.save(changed, [], START)
    second = ledger.jobs(refuse)
    assert second["a"] is first["a"]
    assert (first["b"].warned, second["b"].warned) == (None, "something")
    assert (first["b"].version, second["b"].version) == (1, 2)


@pytest.mark.parametrize("with_tick", [True, False], ids=["with a tick", "alone"])
def test_refuses_what_somebody_else_changed(ledger: Ledger, *, with_tick: bool) -> None:
    """When two readers of one version write, the first succeeds and the second writes nothing."""
    keys = [("report", TICK)] if with_tick else []
    for version in range(3):
        first, first_ticks = ledger.load("report", keys)
        second, second_ticks = ledger.load("report", keys)
        first.durations = [version]
        assert ledger.save(first, list(first_ticks.values()), START)
        second.durations = [99]
        for tick in second_ticks.values():
            tick.outcome = "lost"
        assert not ledger.save(second, list(second_ticks.values()), START)
        read, ticks = ledger.load("report", keys)
        assert (read.durations, read.version) == ([version], version + 1)
        assert all(tick.outcome == "running" for tick in ticks.values())


def test_refuses_a_tick_that_somebody_else_changed(ledger: Ledger) -> None:
    """A job's change is not written when its tick cannot be written."""
    _, ticks = ledger.load("report", [("report", TICK)])
    other, others = ledger.load("other", [("report", TICK)])
    assert ledger.save(other, list(others.values()), START)
    record = JobRecord("report", durations=[1])
    assert not ledger.save(record, list(ticks.values()), START)
    assert "report" not in ledger.jobs(refuse)


def test_other_refusals_are_errors(client: DynamoDBClient) -> None:
    """A refusal that does not concern versions is raised."""
    broken = Ledger(client, "no-such-table", 90)
    for ticks in ([], [Tick("report", "report", TICK)]):
        with pytest.raises(ClientError):
            broken.save(JobRecord("report"), ticks, START)


def test_ticks_expire(client: DynamoDBClient, ledger: Ledger) -> None:
    """A tick's item has an expiry time and the outcome for readers, and a job's record does not expire."""
    ledger.save(JobRecord("report"), [Tick("report", "report", TICK, outcome="failed")], START)
    items = {item[KEY]["S"]: item for item in client.scan(TableName=TABLE)["Items"]}
    tick = items["schedule#report"]
    assert tick[EXPIRES]["N"] == str(int((START + timedelta(days=90)).timestamp()))
    assert tick["outcome"]["S"] == "failed"
    assert json.loads(tick["body"]["S"])["tick"] == TICK
    assert EXPIRES not in items["jobs"]


def test_origin_is_settled_once(ledger: Ledger) -> None:
    """The first tick that is settled for a task stays."""
    first, second = Origin("report", TICK, "app"), Origin("report", "2027-01-05T02:00:00Z", "")
    assert ledger.origin("0a") is None
    assert ledger.settle_origin("0a", first, START) == first
    assert ledger.settle_origin("0a", second, START) == first
    assert ledger.origin("0a") == first


def test_reads_a_job_and_the_tick_of_a_task_at_once(client: DynamoDBClient, ledger: Ledger) -> None:
    """One request returns both. Each may be missing; an item that nobody can read is named."""
    origin = Origin("report", TICK, "app")
    ledger.settle_origin("0a", origin, START)
    client.put_item(TableName=TABLE, Item=job_items.item("report", FACTS))
    client.put_item(TableName=TABLE, Item={KEY: {"S": DEPLOYED}, SORT: {"S": "odd"}, BODY: {"S": "[]"}})
    assert ledger.deployed_job_and_origin("report", "0a", refuse) == (FACTS, origin)
    assert ledger.deployed_job_and_origin("report", "0b", refuse) == (FACTS, None)
    assert ledger.deployed_job_and_origin("other", "0a", refuse) == (None, origin)
    named: list[str] = []
    assert ledger.deployed_job_and_origin("odd", "0a", lambda job, _: named.append(job)) == (None, origin)
    assert named == ["odd"]


def test_began_once(client: DynamoDBClient, ledger: Ledger) -> None:
    """The time of the first check stays the same for a function that starts later."""
    assert ledger.since(START) == START
    later = Ledger(client, TABLE, 90)
    assert later.since(START + timedelta(days=1)) == START


def test_reads_more_than_a_page(ledger: Ledger) -> None:
    """All jobs are read, also from several pages of DynamoDB."""
    for number in range(12):
        record = JobRecord(f"job-{number}", warned="x" * 200_000)
        assert ledger.save(record, [], START)
    assert len(ledger.jobs(refuse)) == 12


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"body": {"S": "not JSON"}, "version": {"N": "1"}},
        {"body": {"S": "[]"}, "version": {"N": "1"}},
        {"body": {"S": "{}"}, "version": {"N": "1"}},
        {"body": {"S": "{}"}},
        {"body": {"S": json.dumps(JobRecord("report").to_plain())}, "version": {"N": "1.5"}},
        {"body": {"S": json.dumps(JobRecord("report").to_plain())}, "version": {"N": "1"}},
    ],
    ids=["nothing", "no JSON", "a list", "an empty body", "no version", "half a version", "another job's"],
)
def test_items_of_somebody_else(ledger: Ledger, client: DynamoDBClient, item: dict[str, Any]) -> None:
    """A record that cannot be read is reported by its name, and the others are read."""
    assert ledger.save(JobRecord("report"), [], START)
    client.put_item(TableName=TABLE, Item={KEY: {"S": "jobs"}, SORT: {"S": "other\n"}, **item})
    refused: list[str] = []
    assert ledger.jobs(lambda name, _: refused.append(name)).keys() == {"report"}
    assert refused == ["other\n"]
    with pytest.raises(RecordError):
        ledger.load("other\n")


def test_reads_the_jobs_items(client: DynamoDBClient, ledger: Ledger) -> None:
    """An item that a deployment wrote is read back as the job's facts. An item that nobody can read is named."""
    client.put_item(TableName=TABLE, Item=job_items.item("report", FACTS))
    client.put_item(TableName=TABLE, Item={KEY: {"S": DEPLOYED}, SORT: {"S": "odd"}, BODY: {"S": "[]"}})
    assert ledger.deployed_job("report", refuse) == FACTS
    assert ledger.deployed_job("other", refuse) is None
    named: list[str] = []
    assert ledger.deployed_job("odd", lambda job, _: named.append(job)) is None
    assert named == ["odd"]
    named = []
    assert ledger.deployed_jobs(lambda job, _: named.append(job)) == {"report": FACTS}
    assert named == ["odd"]
    assert ledger.jobs(refuse) == {}


def test_item_of_a_job_has_few_attributes() -> None:
    """The item has plain names, its body is one text, and it does not say whether a schedule is enabled."""
    item = job_items.item("report", FACTS)
    assert {name: value["S"] for name, value in item.items() if name != "body"} == {
        "pk": "deployed",
        "sk": "report",
        "owner": "data",
    }
    assert json.loads(item["body"]["S"]).keys() == vars(FACTS).keys() - {
        "done_by",
        "function",
        "in_process",
        "limits",
        "own_command",
        "pause_after",
        "supervised",
        "work",
    }
    assert "enabled" not in item["body"]["S"]


def test_item_of_an_earlier_version() -> None:
    """A deployment of this version changes no item of a job that does not use a newer field."""
    assert job_items.read(job_items.item("report", FACTS)) == FACTS
    late = replace(FACTS, done_by={"report": "06:30"}, pause_after={"report": 3})
    assert job_items.read(job_items.item("report", late)) == late


def test_item_of_a_supervised_job() -> None:
    """The limits and the requests of a supervised job survive the way through the item."""
    closure = Closure("holidays", "2026-12-25T00:00:00Z", "2026-12-26T00:00:00Z")
    request = {"Cluster": "main", "Tags": [{"Key": "team", "Value": "data"}]}
    facts = replace(
        FACTS,
        limits={"report": Limits(start_deadline=900, retry_on=(1, 2), overlap="queue", closed=(closure,))},
        supervised=Supervised(role="arn:aws:iam::123456789012:role/launch", requests={"report": request}),
    )
    assert job_items.read(job_items.item("report", facts)) == facts
    assert facts.supervised is not None
    followed = replace(facts, supervised=replace(facts.supervised, service={"cluster": "main", "service": "web"}))
    assert job_items.read(job_items.item("report", followed)) == followed


def test_reads_a_record_of_the_version_before(ledger: Ledger, client: DynamoDBClient) -> None:
    """A record without the fields that this version added is read with these fields empty."""
    old = JobRecord("report", durations=[60]).to_plain()
    del old["facts"], old["waiting"]
    item = {KEY: {"S": "jobs"}, SORT: {"S": "report"}, BODY: {"S": json.dumps(old)}, "version": {"N": "3"}}
    client.put_item(TableName=TABLE, Item=item)
    assert ledger.jobs(refuse) == {"report": JobRecord("report", durations=[60], version=3)}


def test_ticks_are_read_from_a_time_on(ledger: Ledger) -> None:
    """The oldest one comes first, and earlier ones are not read."""
    names = [f"2027-01-0{day}T02:00:00Z" for day in (6, 4, 5)]
    assert ledger.save(JobRecord("report"), [Tick("report", "report", name) for name in names], START)
    assert [tick.tick for tick in ledger.ticks("report", "2027-01-05T02:00:00Z")] == [names[2], names[0]]


@pytest.mark.parametrize(("until", "days"), [(4, [2, 3, 4]), (2, [2])])
def test_ticks_are_read_until_a_time(ledger: Ledger, until: int, days: list[int]) -> None:
    """A tick at that time belongs to them."""
    ticks = [Tick("report", "report", f"2026-11-0{day}T02:00:00Z") for day in range(1, 7)]
    assert ledger.save(JobRecord("report"), ticks, START)
    found = ledger.ticks("report", ticks[1].tick, until=f"2026-11-0{until}T02:00:00Z")
    assert [tick.tick for tick in found] == [f"2026-11-0{day}T02:00:00Z" for day in days]


def test_a_foreign_tick_hides_no_other_one(ledger: Ledger, client: DynamoDBClient) -> None:
    """It is passed on with its schedule, whether nobody can read it or it is another tick than its key says."""
    ticks = [Tick("report", "report", f"2027-01-0{day}T02:00:00Z") for day in (4, 5, 6)]
    assert ledger.save(JobRecord("report"), ticks, START)
    for tick, body in zip(ticks, ("[]", json.dumps(ticks[2].to_plain())), strict=False):
        key = {KEY: {"S": "schedule#report"}, SORT: {"S": tick.tick}}
        client.put_item(TableName=TABLE, Item={**key, BODY: {"S": body}, "version": {"N": "1"}})
    foreign: list[str] = []
    for found in (
        ledger.ticks("report", unreadable=lambda name, _: foreign.append(name)),
        ledger.some_ticks([tick.key for tick in ticks], lambda name, _: foreign.append(name)).values(),
    ):
        assert [tick.tick for tick in found] == [ticks[2].tick]
    assert foreign == ["report"] * 4
    with pytest.raises(RecordError):
        ledger.ticks("report")


def test_many_ticks_are_read_in_several_calls(ledger: Ledger) -> None:
    """DynamoDB reads at most a hundred items in one call, and those that do not exist are left out."""
    keys = [(f"job-{number}", TICK) for number in range(120)]
    for job, tick in (keys[0], keys[119]):
        assert ledger.save(JobRecord(job), [Tick(job, job, tick)], START)
    assert ledger.some_ticks(keys, refuse_record).keys() == {keys[0], keys[119]}
    assert ledger.some_ticks([], refuse_record) == {}


def test_an_announced_stop_is_written_once(ledger: Ledger) -> None:
    """Two operators stop a run at the same time: the first announcement stays. A later one replaces an old one."""
    first, second = (AnnouncedStop(by=by, why="x", at=TICK, schedule="report", tick=TICK) for by in ("ada", "bob"))
    now = instants.read(TICK)
    assert ledger.announced_stop("0a") is None
    assert ledger.announce_stop("0a", first, now) == 1
    assert ledger.announce_stop("0a", second, now + timedelta(seconds=60)) == 0
    assert ledger.announced_stop("0a") == first
    later = replace(second, at=instants.text(now + timedelta(seconds=61)))
    assert ledger.announce_stop("0a", later, now + timedelta(seconds=61)) == 2
    ledger.withdraw_stop("0a", first, 1, now)
    ledger.withdraw_stop("0a", first, 0, now)
    assert ledger.announced_stop("0a") == later
    ledger.withdraw_stop("0a", later, 2, now)
    assert ledger.announced_stop("0a") == later.withdraw()
    assert ledger.announce_stop("0a", first, now) == 4
    assert ledger.announced_stop("0b") is None


def test_a_stop_that_nobody_announced_is_refused(ledger: Ledger, client: DynamoDBClient) -> None:
    """Somebody has written another item there."""
    item = {"pk": {"S": "stops"}, "sk": {"S": "0a"}, "version": {"N": "1"}, "body": {"S": "[]"}}
    client.put_item(TableName=TABLE, Item=item)
    with pytest.raises(RecordError):
        ledger.announced_stop("0a")


def test_what_a_check_notes(client: DynamoDBClient) -> None:
    """The item of a stack without claims is as it always was."""
    ledger, found = Ledger(client, TABLE, 90), []
    for claims in (False, True):
        ledger.note_check(START, supervises=True, claims=claims, clusters=[CLUSTER])
        item = client.get_item(TableName=TABLE, Key={KEY: {"S": "watch"}, SORT: {"S": "looked"}})["Item"]
        found.append(json.loads(item[BODY]["S"]))
    noted = {"looked": instants.text(START), "supervises": True, "clusters": [CLUSTER]}
    assert found == [noted, {**noted, "claims": True}]
