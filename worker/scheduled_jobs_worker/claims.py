"""The claims of a group, in its table: who has a run, until when, and how it ended.

Every write is conditional, so of several processes one succeeds, whatever each of them has read before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import aws, instants, names
from .runs import INTERRUPTED, OUTCOMES, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .runs import Run

CLAIMED, STOPPING, ENDED, LOST, STOPPED = "claimed", "stopping", "ended", "lost", "stopped"

LEASE = 60.0
"""Seconds of a worker's lease."""
KEPT = 14 * 24 * 3600
"""Seconds after which DynamoDB may delete a claim."""

TOKEN = "SET #token = if_not_exists(#token, :now) + :one"  # noqa: S105 - an update expression
BEGIN = (
    "SET #job = :job, #schedule = :schedule, #tick = :tick, #launch = :launch, #rerun = :rerun, #holder = :holder, "
    "#state = :state, #lease = :lease, #token = :token, #started = :started, #expires = :expires"
)
BEGIN_IF = "attribute_not_exists(#run)"
EXTEND = "SET #lease = :until, #expires = :expires"
EXTEND_IF = "#holder = :me AND #token = :token AND #state IN (:claimed, :stopping)"
END = "SET #state = :ended, #ended = :at, #outcome = :outcome, #reason = :reason"
END_WITH_CODE = f"{END}, #exit_code = :exit_code"
END_IF = "#holder = :me AND #token = :token AND #state = :found"
LOSE = (
    "SET #state = :lost, #ended = :at, #outcome = if_not_exists(#outcome, :interrupted), "
    "#reason = if_not_exists(#reason, :reason)"
)
LOSE_IF = "#lease = :lease AND #state IN (:claimed, :stopping)"
TAKE_OVER = "SET #holder = :me, #token = :token, #lease = :until, #started = :at"
TAKE_OVER_IF = "#lease = :lease AND #token = :old AND #state = :claimed"

GONE = "its worker has not extended its lease, which ended at {}"

_NAMED = re.compile(r"#(\w+)")
"""The attributes in the expressions. They stand behind a #, since some are reserved words of DynamoDB."""
_WHOLE = re.compile(r"-?[0-9]{1,10}")
_LAST = 253_402_300_799.0
"""The last second of the year 9999."""
_REFUSED = "ConditionalCheckFailedException"


@dataclass(frozen=True)
class Claim:
    """A claim as it was read."""

    state: str
    holder: str
    lease: str
    """Until when the holder has the run, as the table has it: seconds since 1970."""
    token: int
    started: str
    ended: str
    verdict: Verdict

    @classmethod
    def read(cls, item: Mapping[str, Mapping[str, Any]]) -> Claim:
        """Return the claim of an item, in which parts may be missing, or be of another program."""

        def text(name: str) -> str:
            return str(item.get(name, {}).get("S", ""))

        def number(name: str) -> str:
            return str(item.get(name, {}).get("N", "0"))

        outcome, code = text("outcome"), _whole_of(str(item.get("exit_code", {}).get("N", "")))
        return cls(
            state=text("state"),
            holder=text("holder"),
            lease=number("lease"),
            token=_whole_of(number("token")) or 0,
            started=text("started"),
            ended=text("ended"),
            verdict=Verdict(outcome if outcome in OUTCOMES else INTERRUPTED, code, text("reason")),
        )

    @property
    def is_open(self) -> bool:
        """Whether a process has the run, or had it when it was last heard of."""
        return self.state in {CLAIMED, STOPPING}

    @property
    def lease_end(self) -> float:
        """The end of the lease, in seconds since 1970, as far as there are times."""
        return min(max(float(self.lease), 0.0), _LAST)


class Claims:
    """The table, for one holder."""

    def __init__(self, client: Any, group: str, holder: str) -> None:  # noqa: ANN401 - boto3's clients have no types
        """Write claims of a group for a holder, whose name no other process has."""
        self._client = client
        self._table = names.claims_name(group)
        self._holder = holder

    def find(self, run: str) -> Claim | None:
        """Return the claim of a run; None if nobody has claimed it."""
        answer = self._client.get_item(TableName=self._table, Key=_key(run), ConsistentRead=True)
        return Claim.read(answer["Item"]) if "Item" in answer else None

    def is_mine(self, claim: Claim) -> bool:
        """Return whether this holder has made a claim."""
        return claim.holder == self._holder

    def next_token(self, job: str, now: float) -> int:
        """Return a token that is greater than all before it of this job.

        The first one is the time. So tokens grow also when the table was removed with the last job, and made anew.
        """
        answer = self._client.update_item(
            TableName=self._table,
            Key=_key(f"token#{job}"),
            UpdateExpression=TOKEN,
            ExpressionAttributeNames={"#token": "token"},
            ExpressionAttributeValues={":now": {"N": str(int(now))}, ":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["token"]["N"])

    def begin(self, run: Run, now: float, until: float) -> bool:
        """Claim a run with the token that it has; return False if there is a claim already."""
        given = {
            "job": {"S": run.job},
            "schedule": {"S": run.schedule},
            "tick": {"S": instants.text(run.tick)},
            "launch": {"N": str(run.launch)},
            "rerun": {"S": run.rerun},
            "holder": {"S": self._holder},
            "state": {"S": CLAIMED},
            "lease": {"N": _whole(until)},
            "token": {"N": str(run.token)},
            "started": {"S": instants.text(now)},
            "expires": {"N": str(int(now) + KEPT)},
        }
        return self._update(run.id, BEGIN, BEGIN_IF, {f":{name}": value for name, value in given.items()})

    def take_over(self, run: Run, found: Claim, now: float, until: float) -> bool:
        """Claim again, with a greater token, what its holder has not finished; return False if somebody was faster."""
        return self._update(
            run.id,
            TAKE_OVER,
            TAKE_OVER_IF,
            {
                ":lease": {"N": found.lease},
                ":old": {"N": str(found.token)},
                ":claimed": {"S": CLAIMED},
                ":me": {"S": self._holder},
                ":token": {"N": str(run.token)},
                ":until": {"N": _whole(until)},
                ":at": {"S": instants.text(now)},
            },
        )

    def extend(self, run: Run, until: float) -> Claim | None:
        """Extend the lease, and return the claim; return None if the run is not this holder's any more."""
        values = {
            ":until": {"N": _whole(until)},
            ":expires": {"N": str(int(until) + KEPT)},
            ":claimed": {"S": CLAIMED},
            ":stopping": {"S": STOPPING},
        }
        found = self._updated(run.id, EXTEND, EXTEND_IF, {**values, **self._mine(run)})
        return None if found is None else Claim.read(found)

    def end(self, run: Run, verdict: Verdict, now: float, found: str = CLAIMED) -> bool:
        """End a claim that is in the state `found`; return False if it is in another one, or not this holder's."""
        values = {
            ":ended": {"S": ENDED},
            ":at": {"S": instants.text(now)},
            ":outcome": {"S": verdict.outcome},
            ":reason": {"S": verdict.reason},
            ":found": {"S": found},
            **self._mine(run),
        }
        if verdict.exit_code is None:
            return self._update(run.id, END, END_IF, values)
        return self._update(run.id, END_WITH_CODE, END_IF, {**values, ":exit_code": {"N": str(verdict.exit_code)}})

    def lose(self, run: str, found: Claim, now: float) -> bool:
        """Give up the claim of a holder whose lease is over; return False if somebody changed it meanwhile."""
        return self._update(
            run,
            LOSE,
            LOSE_IF,
            {
                ":lost": {"S": LOST},
                ":at": {"S": instants.text(now)},
                ":interrupted": {"S": INTERRUPTED},
                ":reason": {"S": GONE.format(instants.text(found.lease_end))},
                ":lease": {"N": found.lease},
                ":claimed": {"S": CLAIMED},
                ":stopping": {"S": STOPPING},
            },
        )

    def _mine(self, run: Run) -> dict[str, Any]:
        return {":me": {"S": self._holder}, ":token": {"N": str(run.token)}}

    def _update(self, run: str, update: str, condition: str, values: Mapping[str, Any]) -> bool:
        return self._updated(run, update, condition, values) is not None

    def _updated(self, run: str, update: str, condition: str, values: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the item as it is now; None if the condition did not hold."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_key(run),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames={f"#{word}": word for word in _NAMED.findall(f"{update} {condition}")},
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        except aws.ERRORS as error:
            if aws.code(error) == _REFUSED:
                return None
            raise
        found: Mapping[str, Any] = answer["Attributes"]
        return found


def _whole_of(number: str) -> int | None:
    """Return a number of DynamoDB's as a whole one; None for another one."""
    return int(number) if _WHOLE.fullmatch(number) else None


def _key(run: str) -> dict[str, Any]:
    return {"run": {"S": run}}


def _whole(until: float) -> str:
    """Return the end of a lease in whole seconds, rounded down: a holder must not believe in more than others see."""
    return str(int(until))
