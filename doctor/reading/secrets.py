"""Asks about the secrets that ECS reads before the jobs' containers start. No value is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_facts.value_from import SECRETS_MANAGER
from doctor.account import Known, first, part
from doctor.checks.secrets import UsedSecret
from doctor.reading import tasks
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_facts.value_from import ValueFrom
    from doctor.account import Account
    from doctor.stack import Stack

_OF_AWS = "alias/aws/"
"""How the alias of a key begins that AWS manages: whoever may read the secret may use it."""


def read(account: Account, stack: Stack) -> Sequence[UsedSecret]:
    """Return each secret once."""
    jobs: dict[tuple[str, ValueFrom | None], list[str]] = {}
    for task in tasks.read(account, stack):
        for secret in task.secrets:
            jobs.setdefault(secret, []).extend(task.jobs)
    known = account.each((one for _, one in jobs if one), lambda one: described(account, one))
    return [
        UsedSecret(text, one, of_secret, *(known[one] if one else (Known(None), None)))
        for (text, one), of_secret in jobs.items()
    ]


def described(
    account: Account, named: ValueFrom
) -> tuple[Known[Mapping[str, Any] | None] | Refused, Known[Mapping[str, Any] | None] | Refused | None]:
    """Return the description of a secret or parameter, and the one of its key."""
    answer = _secret(account, named) if named.service == SECRETS_MANAGER else _parameter(account, named)
    found = answer.value if isinstance(answer, Known) else None
    key = (found or {}).get("KmsKeyId" if named.service == SECRETS_MANAGER else "KeyId")
    if not key or _OF_AWS in key:
        return answer, None
    of_key = account.ask("kms", "describe_key", absent=("NotFoundException",), region=named.region, KeyId=key)
    return answer, part(of_key, "KeyMetadata")


def _secret(account: Account, named: ValueFrom) -> Known[Any] | Refused:
    absent = ("ResourceNotFoundException",)
    return account.ask("secretsmanager", "describe_secret", absent=absent, region=named.region, SecretId=named.name)


def _parameter(account: Account, named: ValueFrom) -> Known[Any] | Refused:
    if named.is_foreign:
        return Refused("it is a parameter of another account")
    filters = [{"Key": "Name", "Option": "Equals", "Values": list(named.names)}]
    return first(account.ask("ssm", "describe_parameters", region=named.region, ParameterFilters=filters), "Parameters")
