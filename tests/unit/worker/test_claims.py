"""A claim has one holder at a time, whoever writes what, in any order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduled_jobs_worker.claims import KEPT, STOPPING, Claim, Claims
from scheduled_jobs_worker.runs import Run, Verdict
from tests.unit.worker.table import GROUP, NOW, TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_dynamodb import DynamoDBClient

RUN = Run("hello", "hello", datetime(2027, 1, 4, 2, tzinfo=UTC))
GOOD = Verdict("good", 0)
LEASE = 60
_LAUNCHES = count(1)
"""Each example has a run of its own in the table."""


def test_whole_item(client: DynamoDBClient) -> None:
    """A claim has all that the supervisor and other workers read."""
    table = Claims(client, GROUP, "me")
    assert table.begin(replace(RUN, token=table.next_token("hello", NOW)), NOW, NOW + LEASE + 0.9)
    item = client.get_item(TableName=TABLE, Key={"run": {"S": RUN.id}})["Item"]
    assert item == {
        "run": {"S": RUN.id},
        "job": {"S": "hello"},
        "schedule": {"S": "hello"},
        "tick": {"S": "2027-01-04T02:00:00Z"},
        "launch": {"N": "1"},
        "rerun": {"S": ""},
        "holder": {"S": "me"},
        "state": {"S": "claimed"},
        "lease": {"N": str(int(NOW) + LEASE)},
        "token": {"N": "1"},
        "started": {"S": "2027-01-04T00:00:00Z"},
        "expires": {"N": str(int(NOW) + KEPT)},
    }
    assert client.get_item(TableName=TABLE, Key={"run": {"S": "token#hello"}})["Item"].keys() == {"run", "token"}


def test_stopped_claim_without_most_parts(client: DynamoDBClient) -> None:
    """A claim that the supervisor has made has no holder, and is not begun."""
    client.put_item(TableName=TABLE, Item={"run": {"S": RUN.id}, "state": {"S": "stopped"}})
    table = Claims(client, GROUP, "me")
    assert table.find(RUN.id) == Claim("stopped", "", "0", 0, "", "", Verdict("interrupted"))
    assert not table.begin(RUN, NOW, NOW + LEASE)


def test_lease_of_another_program(client: DynamoDBClient) -> None:
    """A lease with decimals, as other programs may write it, is given up all the same."""
    table = Claims(client, GROUP, "me")
    table.begin(RUN, NOW, NOW + LEASE)
    client.update_item(
        TableName=TABLE,
        Key={"run": {"S": RUN.id}},
        UpdateExpression="SET lease = :lease",
        ExpressionAttributeValues={":lease": {"N": "1799020800.123456"}},
    )
    found = table.find(RUN.id)
    assert found is not None
    assert table.lose(RUN.id, found, NOW + 1)


def test_lease_that_was_extended_meanwhile(client: DynamoDBClient) -> None:
    """Whoever has read a lease that was over does nothing to the run if its holder went on since then."""
    table, other = Claims(client, GROUP, "me"), Claims(client, GROUP, "other")
    run = replace(RUN, token=1)
    table.begin(run, NOW, NOW + LEASE)
    found = other.find(RUN.id)
    assert found is not None
    table.extend(run, NOW + 3 * LEASE)
    assert not other.lose(RUN.id, found, NOW + 2 * LEASE)
    assert not other.take_over(replace(RUN, token=2), found, NOW + 2 * LEASE, NOW + 3 * LEASE)
    assert table.end(run, GOOD, NOW + 2 * LEASE)


def test_claim_of_work_that_goes_on_for_weeks(client: DynamoDBClient) -> None:
    """DynamoDB deletes no claim whose holder extends it."""
    table, run = Claims(client, GROUP, "me"), replace(RUN, token=1)
    table.begin(run, NOW, NOW + LEASE)
    table.extend(run, NOW + 2 * KEPT)
    item = client.get_item(TableName=TABLE, Key={"run": {"S": RUN.id}})["Item"]
    assert int(item["expires"]["N"]) == int(NOW) + 3 * KEPT


def test_tokens_of_a_new_table(client: DynamoDBClient) -> None:
    """A store that has seen the tokens of a removed table takes those of the new one too: they are greater."""
    table = Claims(client, GROUP, "me")
    client.delete_item(TableName=TABLE, Key={"run": {"S": "token#hello"}})
    before = table.next_token("hello", NOW)
    assert table.next_token("hello", NOW) == before + 1
    client.delete_item(TableName=TABLE, Key={"run": {"S": "token#hello"}})
    assert table.next_token("hello", NOW + 60) > before + 1
    assert table.next_token("other", NOW) == int(NOW) + 1


def test_tokens_tell_namesakes_apart(client: DynamoDBClient) -> None:
    """Of two processes that call themselves the same, the one with the older token has lost its run."""
    table = Claims(client, GROUP, "me")
    first, second = replace(RUN, token=1), replace(RUN, token=2)
    table.begin(first, NOW, NOW + LEASE)
    found = table.find(RUN.id)
    assert found is not None
    assert table.take_over(second, found, NOW + LEASE, NOW + 2 * LEASE)
    assert table.extend(first, NOW + 3 * LEASE) is None
    assert not table.end(first, GOOD, NOW + LEASE)
    assert table.extend(second, NOW + 3 * LEASE) is not None
    assert table.end(second, GOOD, NOW + LEASE)


@dataclass
class _Holder:
    """A process that knows only what its own calls have told."""

    table: Claims
    held: Run | None = None
    until: float = 0
    seen: Claim | None = None


@dataclass
class _Fleet:
    """Three holders of one table, at one time."""

    client: DynamoDBClient
    run: Run = field(default_factory=lambda: replace(RUN, launch=next(_LAUNCHES)))
    now: float = NOW
    holders: list[_Holder] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.holders = [_Holder(Claims(self.client, GROUP, name)) for name in "abc"]

    def begin(self, holder: _Holder) -> None:
        run = replace(self.run, token=holder.table.next_token("hello", self.now))
        if holder.table.begin(run, self.now, self.now + LEASE):
            self._holds(holder, run)

    def extend(self, holder: _Holder) -> None:
        if holder.held:
            if holder.table.extend(holder.held, self.now + LEASE):
                holder.until = self.now + LEASE
            else:
                holder.held = None

    def end(self, holder: _Holder) -> None:
        if holder.held:
            holder.table.end(holder.held, GOOD, self.now)
            holder.held = None

    def look(self, holder: _Holder) -> None:
        holder.seen = holder.table.find(self.run.id)

    def lose(self, holder: _Holder) -> None:
        if holder.seen and holder.seen.is_open and holder.seen.lease_end <= self.now:
            holder.table.lose(self.run.id, holder.seen, self.now)

    def take_over(self, holder: _Holder) -> None:
        if holder.seen and holder.seen.is_open and holder.seen.lease_end <= self.now:
            run = replace(self.run, token=holder.table.next_token("hello", self.now))
            if holder.table.take_over(run, holder.seen, self.now, self.now + LEASE):
                self._holds(holder, run)

    def stopping(self, _: _Holder) -> None:
        found = self.holders[0].table.find(self.run.id)
        if found and found.state == "claimed":
            values = {":state": {"S": STOPPING}}
            self.client.update_item(
                TableName=TABLE,
                Key={"run": {"S": self.run.id}},
                UpdateExpression="SET #state = :state",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues=values,
            )

    def time_passes(self, _: _Holder) -> None:
        self.now += LEASE

    def _holds(self, holder: _Holder, run: Run) -> None:
        holder.held, holder.until = run, self.now + LEASE
        self.tokens.append(run.token)

    def check(self) -> None:
        """At most one works, none when the run was given up, and each claim has a greater token than those before."""
        found = self.holders[0].table.find(self.run.id)
        working = sum(one.held is not None and self.now < one.until for one in self.holders)
        assert working <= (found is not None and found.is_open)
        assert self.tokens == sorted(set(self.tokens))


_STEPS = (
    _Fleet.begin,
    _Fleet.extend,
    _Fleet.end,
    _Fleet.look,
    _Fleet.lose,
    _Fleet.take_over,
    _Fleet.stopping,
    _Fleet.time_passes,
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(_STEPS), st.integers(0, 2)), max_size=25))
def test_one_holder_at_a_time(
    client: DynamoDBClient, steps: list[tuple[Callable[[_Fleet, _Holder], None], int]]
) -> None:
    """However the calls of three processes follow each other, at most one may work at any time."""
    fleet = _Fleet(client)
    for step, number in steps:
        step(fleet, fleet.holders[number])
        fleet.check()
