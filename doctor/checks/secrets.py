"""Checks that each secret that ECS reads before a container starts is there, and that its key is usable. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_facts.value_from import SECRETS_MANAGER
from doctor.finding import Link, broken, sound, unchecked
from judgements.answers import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aws_facts.value_from import ValueFrom
    from doctor.account import Known
    from doctor.finding import Finding

_ENABLED = "Enabled"
_CURRENT = "AWSCURRENT"
"""The label of the version that is read (Secrets Manager API reference, GetSecretValue, VersionStage)."""


@dataclass(frozen=True)
class UsedSecret:
    """A secret or a parameter that tasks read."""

    text: str
    """As the task definitions have it."""
    named: ValueFrom | None
    """What the text names; None for what ECS cannot read."""
    jobs: Sequence[str]
    answer: Known[Mapping[str, Any] | None] | Refused
    """The description of the secret or parameter; None when it does not exist."""
    key: Known[Mapping[str, Any] | None] | Refused | None = None
    """The description of its key in KMS; None for a key of AWS, or without a key."""
    receiver: str = ""
    """The receiver to which it proves who sends a request; empty for a secret that tasks read."""

    @property
    def written(self) -> str:
        """Where somebody has written which secret it is."""
        if self.receiver:
            return f"scheduled-jobs:receivers.{self.receiver}.secret in the stack file, and run pulumi up"
        return "valueFrom in the task definition"


def check(secrets: Sequence[UsedSecret]) -> Iterator[Finding]:
    """Yield what is found of each secret."""
    for secret in secrets:
        yield _finding(secret)


def _finding(secret: UsedSecret) -> Finding:
    name, link, jobs = _short(secret), Link.SECRETS, secret.jobs
    if isinstance(secret.answer, Refused):
        return unchecked(link, name, "whether it exists", secret.answer, jobs)
    if secret.named is None:
        text = f"{secret.text} names neither a secret of Secrets Manager nor a parameter"
        return broken("secret-missing", link, name, text, "correct valueFrom in the task definition", jobs)
    if secret.answer.value is None:
        kind = "secret" if secret.named.service == SECRETS_MANAGER else "parameter"
        fix = f"create the {kind}, or correct {secret.written}"
        return broken("secret-missing", link, name, f"there is no {kind} {secret.named.name}", fix, jobs)
    if secret.answer.value.get("DeletedDate"):
        fix = f"aws secretsmanager restore-secret --secret-id {secret.named.name}"
        return broken("secret-deleted", link, name, "the secret is marked for deletion, and cannot be read", fix, jobs)
    return _of_value(secret) or _of_key(secret) or _of_json_key(secret) or sound(link, name, jobs)


def _of_value(secret: UsedSecret) -> Finding | None:
    """Return that the secret of a receiver has no value. What it is is not read."""
    if not secret.receiver or isinstance(secret.answer, Refused):
        return None
    labels = ((secret.answer.value or {}).get("VersionIdsToStages") or {}).values()
    if any(_CURRENT in stages for stages in labels):
        return None
    text = f"the secret has no value with the label {_CURRENT}, so no request can prove who sends it"
    return broken("secret-empty", Link.SECRETS, _short(secret), text, "give it a value", secret.jobs)


def _of_key(secret: UsedSecret) -> Finding | None:
    name, key = _short(secret), secret.key
    if key is None:
        return None
    if isinstance(key, Refused):
        return unchecked(Link.SECRETS, name, "the state of its key", key, secret.jobs)
    state = key.value["KeyState"] if key.value else ""
    if state == _ENABLED:
        return None
    text = f"its key in KMS is {state}, so it cannot be decrypted" if state else "its key in KMS does not exist"
    fix = "enable the key, cancel its deletion, or store the value again with another key"
    return broken("key-unusable", Link.SECRETS, name, text, fix, secret.jobs)


def _of_json_key(secret: UsedSecret) -> Finding | None:
    if secret.named is None or not secret.named.json_key:
        return None
    what = f"whether its JSON has the key '{secret.named.json_key}'"
    return unchecked(Link.SECRETS, _short(secret), what, "the values of secrets are not read", secret.jobs)


def _short(secret: UsedSecret) -> str:
    name = secret.named.name if secret.named else secret.text
    return name.partition(":secret:")[2] or name
