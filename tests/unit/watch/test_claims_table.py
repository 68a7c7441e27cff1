"""The table of claims in DynamoDB: each write succeeds only on what was read, so one of two always wins."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from tests.unit.watch.test_claims import ITEM, RUN
from tests.unit.watch.world import GROUP, START
from watch.claims_table import KEY, ClaimsTable
from watch.names import claims_name
from watch.task import Verdict
from watch.watched_account import WatchedAccount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from watch.claims import Claim

LATE = Verdict("timed-out", None, "it ran longer than 1 hour")
NOBODY = Verdict("not-started", None, "no worker took it")


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoDBClient]:
    """Yield a DynamoDB client with the table."""
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "x"),
        ("AWS_SECRET_ACCESS_KEY", "x"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ):
        monkeypatch.setenv(name, value)
    with mock_aws():
        made = boto3.client("dynamodb")
        made.create_table(
            TableName=claims_name(GROUP),
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": KEY, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": KEY, "AttributeType": "S"}],
        )
        yield made


@pytest.fixture
def table(client: DynamoDBClient) -> ClaimsTable:
    """Return the claims as the functions use them."""
    del client
    return WatchedAccount().claims(GROUP)


def put(client: DynamoDBClient, **changed: Any) -> None:  # noqa: ANN401 - an attribute
    """Write a worker's claim."""
    client.put_item(TableName=claims_name(GROUP), Item={**ITEM, **changed})


def item(client: DynamoDBClient) -> dict[str, Any]:
    """Return the item."""
    return dict(client.get_item(TableName=claims_name(GROUP), Key={KEY: {"S": RUN.id}})["Item"])


def states(*found: Claim | None) -> list[str]:
    """Return the states of claims."""
    return [one.state if one else "" for one in found]


def test_a_run_that_nobody_has_claimed(client: DynamoDBClient, table: ClaimsTable) -> None:
    """It is withdrawn, and then every worker that comes finds the claim, for as long as a message may last."""
    assert (table.find(str(RUN)), table.settled(str(RUN), START)) == (None, None)
    found = table.withdraw(RUN, NOBODY, START)
    assert (found.state, found.verdict, found.started, found.ended) == ("stopped", NOBODY, None, START)
    assert item(client) == {
        "run": {"S": RUN.id},
        "state": {"S": "stopped"},
        "outcome": {"S": "not-started"},
        "reason": {"S": "no worker took it"},
        "job": {"S": "web"},
        "schedule": {"S": "web.night"},
        "tick": {"S": "2027-01-04T00:00:00Z"},
        "rerun": {"S": ""},
        "launch": {"N": "2"},
        "ended": {"S": "2027-01-04T00:00:00Z"},
        "expires": {"N": str(int((START + timedelta(days=14)).timestamp()))},
    }
    assert states(table.stop(RUN, LATE, START), table.withdraw(RUN, LATE, START)) == ["stopped"] * 2
    assert table.find(str(RUN)) == found


def test_a_run_that_a_worker_has(client: DynamoDBClient, table: ClaimsTable) -> None:
    """It cannot be withdrawn. The worker that is to stop it finds what the end will mean, and keeps its lease."""
    put(client)
    assert states(table.withdraw(RUN, NOBODY, START)) == ["claimed"]
    assert item(client) == ITEM
    found = table.stop(RUN, LATE, START)
    assert (found.state, found.over) == ("stopping", False)
    marked = {"state": {"S": "stopping"}, "outcome": {"S": "timed-out"}, "reason": {"S": "it ran longer than 1 hour"}}
    assert item(client) == {**ITEM, **marked}
    table.stop(RUN, NOBODY, START)
    assert item(client) == {**ITEM, **marked}, "the first decision stands"


@pytest.mark.parametrize("state", ["ended", "lost"])
def test_a_run_that_is_over(client: DynamoDBClient, table: ClaimsTable, state: str) -> None:
    """Nothing changes it."""
    put(client, state={"S": state}, outcome={"S": "good"})
    before = item(client)
    now = START + timedelta(hours=1)
    assert (
        states(table.withdraw(RUN, LATE, now), table.stop(RUN, LATE, now), table.settled(str(RUN), now)) == [state] * 3
    )
    assert item(client) == before


@pytest.mark.parametrize(("seconds", "state"), [(119, "claimed"), (120, "lost")])
def test_a_worker_that_is_silent(client: DynamoDBClient, table: ClaimsTable, seconds: int, state: str) -> None:
    """It is given up a minute after its lease. Its run is interrupted."""
    put(client)
    found = table.settled(str(RUN), START + timedelta(seconds=seconds))
    assert states(found) == [state]
    if found is not None and state == "lost":
        reason = "its worker has not extended its lease, which ended at 2027-01-04T00:01:00Z"
        assert (found.verdict, found.ended) == (
            Verdict("interrupted", None, reason),
            START + timedelta(seconds=seconds),
        )


@pytest.mark.parametrize("lease", ["1799020860.123456", "1.79902086E9"])
def test_the_lease_of_another_program(client: DynamoDBClient, table: ClaimsTable, lease: str) -> None:
    """A worker that writes its lease with decimals is given up too: nobody else would ever end its run."""
    put(client, lease={"N": lease})
    assert states(table.settled(str(RUN), START + timedelta(seconds=120))) == ["lost"]


@pytest.mark.parametrize("lease", [{"S": "1799020860"}, {"NULL": True}, {"N": "1799020860000"}])
def test_a_claim_that_would_never_end(client: DynamoDBClient, table: ClaimsTable, lease: dict[str, Any]) -> None:
    """A claim whose lease is no time in seconds keeps nobody from anything."""
    put(client, lease=lease)
    assert table.settled(str(RUN), START) is None


def test_a_worker_that_is_silent_when_it_is_to_stop(client: DynamoDBClient, table: ClaimsTable) -> None:
    """The run is what it was to be stopped for: a run that took too long is not run again for its worker's silence."""
    put(client)
    table.stop(RUN, LATE, START)
    found = table.settled(str(RUN), START + timedelta(seconds=120))
    assert (states(found), found and found.verdict) == (["lost"], LATE)


def test_a_worker_extends_its_lease_in_the_last_moment(
    client: DynamoDBClient, table: ClaimsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the read and the write. Its run goes on."""
    put(client)
    find = table.find

    def then_extend(run: str) -> Claim | None:
        found = find(run)
        put(client, lease={"N": str(int(START.timestamp()) + 200)})
        return found

    monkeypatch.setattr(table, "find", then_extend)
    assert states(table.settled(str(RUN), START + timedelta(seconds=130))) == ["claimed"]


def test_a_group_without_claims(client: DynamoDBClient, table: ClaimsTable) -> None:
    """Without a table no worker can begin anything, so whatever is withdrawn is over."""
    client.delete_table(TableName=claims_name(GROUP))
    assert table.settled(str(RUN), START) is None
    assert states(table.withdraw(RUN, NOBODY, START), table.stop(RUN, LATE, START)) == ["stopped"] * 2


def test_an_item_that_no_worker_writes(client: DynamoDBClient, table: ClaimsTable) -> None:
    """It is as if nobody had claimed the run, and what is stopped is over."""
    put(client, state={"S": "paused"})
    assert table.settled(str(RUN), START) is None
    assert table.stop(RUN, LATE, START).verdict == LATE
