"""Redrive policies as SQS writes them; moto writes them with spaces, and in the order in which they came."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.sqs.models import Queue

if TYPE_CHECKING:
    from collections.abc import Iterator

_ATTRIBUTE = "RedrivePolicy"


@contextmanager
def rewritten() -> Iterator[None]:
    """Make moto write the policies as in the example of GetQueueAttributes in the AWS CLI Command Reference.

    Without this, AWS's own provider finds a difference in each queue that it has just created.
    """
    moto: Any = Queue
    original: property = moto.attributes

    def attributes(queue: Queue) -> dict[str, Any]:
        found: dict[str, Any] = original.__get__(queue)
        if found.get(_ATTRIBUTE):
            policy = json.loads(found[_ATTRIBUTE])
            found[_ATTRIBUTE] = json.dumps(policy, separators=(",", ":"), sort_keys=True)
        return found

    moto.attributes = property(attributes)
    try:
        yield
    finally:
        moto.attributes = original
