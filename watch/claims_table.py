"""The table of claims in DynamoDB, as the watch and the supervisor use it. Workers make claims, and end them.

Every write is conditional. So of a worker that takes a run and the supervisor that withdraws it, one succeeds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from watch import claims, classes, instants
from watch.claims import CLAIMED, LOST, STOPPED, STOPPING
from watch.names import job_of_schedule
from watch.run_kinds import id_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from watch.claims import Claim, WorkRun
    from watch.task import Verdict

KEY, EXPIRES = "run", "expires"
"""The table's key, and the attribute by which DynamoDB deletes old claims."""
KEPT = timedelta(days=14)
"""How long a claim is kept: the longest time for which SQS keeps a message (SQS API reference, SetQueueAttributes)."""
GONE = "its worker has not extended its lease, which ended at"
"""Begins the reason of a run whose worker is lost."""

_MARK = "SET #state = :state, #outcome = :outcome, #reason = :reason"
_WITHDRAW = (
    f"{_MARK}, #job = :job, #schedule = :schedule, #tick = :tick, #rerun = :rerun, #launch = :launch, "
    "#ended = :at, #expires = :until"
)
_LOSE = (
    "SET #state = :state, #ended = :at, "
    "#outcome = if_not_exists(#outcome, :outcome), #reason = if_not_exists(#reason, :reason)"
)


class ClaimsTable:
    """The claims of one group. A group without a table has none."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        """Use this table."""
        self._client = client
        self._table = table

    def find(self, run: str) -> Claim | None:
        """Return the claim of a run's text; None if nobody has claimed it."""
        try:
            answer = self._client.get_item(TableName=self._table, Key={KEY: {"S": id_of(run)}}, ConsistentRead=True)
        except self._client.exceptions.ResourceNotFoundException:
            return None
        return claims.read(run, answer["Item"]) if "Item" in answer else None

    def settled(self, run: str, now: datetime) -> Claim | None:
        """Return the claim of a run's text, after its worker was given up if that is lost."""
        found = self.find(run)
        return self._lose(found, now) if found is not None and found.is_silent(now) else found

    def withdraw(self, run: WorkRun, verdict: Verdict, now: datetime) -> Claim:
        """Let no worker begin a run; return its claim. If a worker has the run, it keeps it."""
        values = {
            ":job": {"S": job_of_schedule(run.schedule)},
            ":schedule": {"S": run.schedule},
            ":tick": {"S": run.tick},
            ":rerun": {"S": run.rerun},
            ":launch": {"N": str(run.launch)},
            ":at": {"S": instants.text(now)},
            ":until": {"N": str(int((now + KEPT).timestamp()))},
        }
        self._update(run.id, _WITHDRAW, f"attribute_not_exists(#{KEY})", {**_marked(STOPPED, verdict), **values})
        return self.find(str(run)) or claims.stopped(run, verdict, now)

    def stop(self, run: WorkRun, verdict: Verdict, now: datetime) -> Claim:
        """Let the worker that has a run stop it, and no other one begin it; return its claim."""
        found = self.withdraw(run, verdict, now)
        if found.state != CLAIMED:
            return found
        values = {**_marked(STOPPING, verdict), ":claimed": {"S": CLAIMED}}
        self._update(run.id, _MARK, "#state = :claimed", values)
        return self.find(str(run)) or claims.stopped(run, verdict, now)

    def _lose(self, claim: Claim, now: datetime) -> Claim | None:
        reason = f"{GONE} {instants.text(datetime.fromtimestamp(claim.lease, now.tzinfo))}"
        values = {
            ":state": {"S": LOST},
            ":outcome": {"S": classes.INTERRUPTED},
            ":reason": {"S": reason},
            ":at": {"S": instants.text(now)},
            ":lease": {"N": claim.lease_written},
            ":claimed": {"S": CLAIMED},
            ":stopping": {"S": STOPPING},
        }
        self._update(claim.run.id, _LOSE, "#lease = :lease AND #state IN (:claimed, :stopping)", values)
        return self.find(str(claim.run))

    def _update(self, id_: str, update: str, condition: str, values: Mapping[str, Any]) -> None:
        """Change a claim if the condition holds. Whether it did shows the claim."""
        names = {word for word in _WORDS if f"#{word}" in f"{update} {condition}"}
        try:
            self._client.update_item(
                TableName=self._table,
                Key={KEY: {"S": id_}},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames={f"#{word}": word for word in names},
                ExpressionAttributeValues=values,
            )
        except (
            self._client.exceptions.ConditionalCheckFailedException,
            self._client.exceptions.ResourceNotFoundException,
        ):
            return


_WORDS = (
    "ended",
    "expires",
    "job",
    "launch",
    "lease",
    "outcome",
    "reason",
    "rerun",
    "run",
    "schedule",
    "state",
    "tick",
)
"""The attributes in the expressions. They stand behind a #, since some are reserved words of DynamoDB."""


def _marked(state: str, verdict: Verdict) -> dict[str, Any]:
    return {":state": {"S": state}, ":outcome": {"S": verdict.outcome}, ":reason": {"S": verdict.reason}}
