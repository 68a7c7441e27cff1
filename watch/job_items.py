"""A job's item in the ledger: the job's facts, as a deployment registers them. Pure.

The item is made with the job and removed with it. So the watch and the operators' commands learn of a job from the job
itself, and no other resource changes with it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from watch.facts import JobFacts
from watch.records import foreign
from watch.table import BODY, DEPLOYED, KEY, SORT

if TYPE_CHECKING:
    from collections.abc import Mapping

_REMEMBERED = 2000
"""Items. Larger stacks are read too, but more slowly."""


def item(job: str, facts: JobFacts) -> dict[str, dict[str, str]]:
    """Return the item in DynamoDB's form. Equal facts give equal items. `owner` is for people who read the table."""
    texts = {KEY: DEPLOYED, SORT: job, "owner": facts.owner, BODY: json.dumps(facts.to_plain(), sort_keys=True)}
    return {name: {"S": text} for name, text in texts.items()}


def read(found: Mapping[str, Any]) -> JobFacts:
    """Return the facts of an item; RecordError for an item that `item` never returns."""
    with foreign():
        return _facts(found[BODY]["S"])


@lru_cache(maxsize=_REMEMBERED)
def _facts(body: str) -> JobFacts:
    """Return the facts in a body. They are remembered, because each check reads the items of all jobs."""
    return JobFacts.from_plain(json.loads(body))
