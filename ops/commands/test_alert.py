"""Sends an alert that is marked as a test, on the way of the job's real alerts, and shows who gets it."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from components.subscriptions import shown
from ops import columns, known_jobs, sandboxed
from ops.errors import OpsError
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.stack import Chosen
from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

_TITLES = ("PROTOCOL", "ENDPOINT", "STATE")
_CONFIRMED, _PENDING = "confirmed", "not confirmed: gets no alert until somebody confirms it"
ABOUT = """
The watch publishes the alert, with its own role, to the topic of the stack. Its kind is `test`; class, severity, owner
and job are those of a failed run of the job, so filters let it pass as they would let that pass. A pager rings.

exit codes: 0 sent, and every endpoint is confirmed; 1 not sent, or somebody does not get it; 2 wrong arguments;
            130 interrupted

example: python -m ops test-alert --stack production nightly-report
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    job: Annotated[str, typer.Argument(metavar="JOB", help="The job whose owner and severity the alert has.")],
    *,
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Send the alert and return the exit code. OpsError when it cannot be sent."""
    chosen = Chosen(stack=stack, group=group, region=region)
    if (code := sandboxed.run(context, chosen)) is not None:
        return code
    place = chosen.place()
    account = OperatorAccount(place.region)
    opened = account.ledger(place)
    known = known_jobs.find(opened.ledger, place, job)
    if not known.deployed:
        raise OpsError(f"{known.job} is no longer deployed, so it has no alerts")
    account.invoke_watch(place, {"test": known.job, "by": account.caller()})
    endpoints = account.subscriptions(opened.topic)
    if as_json:
        listed = [
            {"protocol": protocol, "endpoint": shown(endpoint), "confirmed": confirmed}
            for protocol, endpoint, confirmed in endpoints
        ]
        about = {"group": place.group, "region": place.region, "job": known.job, "topic": opened.topic}
        sys.stdout.write(json.dumps({**about, "endpoints": listed}, indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(known.job, opened.topic, endpoints))
    return 0 if endpoints and all(confirmed for *_, confirmed in endpoints) else 1


def _lines(job: str, topic: str, endpoints: Sequence[tuple[str, str, bool]]) -> list[str]:
    sent = visible(f"Sent a test alert about {job} to the topic {topic.rpartition(':')[2]}.")
    if not endpoints:
        return [sent, "Nobody gets it: the topic has no subscription."]
    rows = [
        [protocol, shown(endpoint), _CONFIRMED if confirmed else _PENDING]
        for protocol, endpoint, confirmed in endpoints
    ]
    return [sent, *columns.lines(_TITLES, rows)]
