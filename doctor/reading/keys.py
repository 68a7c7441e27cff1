"""Asks about the KMS keys of the group's topics, queues and ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doctor.account import Known
from doctor.checks.keys import OF_SNS, UsedKey
from doctor.reading import ledger, queues, topics
from doctor.reading.alert_path import AlertPath
from watch.function_variables import LEDGER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from doctor.account import Account
    from doctor.stack import Stack

_OWN = "alias/aws/"
"""Begins the aliases of AWS's own keys, which can always be used."""


def read(account: Account, stack: Stack) -> Sequence[UsedKey]:
    """Return each key once."""
    used: dict[str, list[str]] = {}
    for name, key in _used(account, stack):
        if key == OF_SNS or (key and not key.startswith(_OWN)):
            used.setdefault(key, []).append(name)
    answers = account.each(
        used, lambda key: account.ask("kms", "describe_key", absent=("NotFoundException",), KeyId=key)
    )
    return [UsedKey(key=key, encrypts=encrypts, answer=answers[key]) for key, encrypts in used.items()]


def _used(account: Account, stack: Stack) -> Iterator[tuple[str, str]]:
    """Yield what is encrypted, with its key. What could not be read is a finding of its own topic."""
    for topic in topics.read(account, stack):
        yield topic.arn.rpartition(":")[2], _attribute(topic.answer, "KmsMasterKeyId")
    for found in queues.read(account, stack):
        yield found.queue.name, _attribute(found.answer, "KmsMasterKeyId")
    name = AlertPath(account, stack).variables.get(LEDGER, "")
    answer = ledger.table(account, name)
    if isinstance(answer, Known) and answer.value is not None:
        yield name, answer.value["Table"].get("SSEDescription", {}).get("KMSMasterKeyArn", "")


def _attribute(answer: Any, name: str) -> str:  # noqa: ANN401 - Known or Refused
    found: str = answer.value["Attributes"].get(name, "") if isinstance(answer, Known) and answer.value else ""
    return found
