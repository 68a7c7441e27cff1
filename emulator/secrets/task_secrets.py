"""The secrets of a container, which ECS reads with the task's execution role before the container starts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.core.exceptions import JsonRESTError
from moto.secretsmanager.models import secretsmanager_backends
from moto.ssm.models import ssm_backends

from aws_facts.arn import Arn
from emulator.gateway.gateway import AwsError
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MANAGER = "secretsmanager"
_FAILED = "execution resource retrieval failed: unable to retrieve "
_TRIED = "service call has been retried 1 time(s): "
_PARTS = 7
"""The parts of a secret's ARN. ECS reads up to three more: JSON key, version stage and version id."""


class SecretError(Exception):
    """A secret that a task cannot read; the text is ECS's reason, in the words of recorded tasks."""


@dataclass(frozen=True)
class TaskSecrets:
    """The secrets that the tasks of one account may read."""

    account: str

    def read(self, region: str, role: str | None, wanted: Iterable[Mapping[str, str]]) -> dict[str, str]:
        """Return the values of a container's secrets by the names of its variables; SecretError if one cannot be read.

        `role` is the execution role. Without one, the role of an instance reads them, which is not known or judged.
        """
        return {one["name"]: self._value(region, role, one["valueFrom"]) for one in wanted}

    def _value(self, region: str, role: str | None, source: str) -> str:
        if source.startswith("arn:") and Arn.parse(source).service == _MANAGER:
            return self._secret(role, source)
        return self._parameter(region, role, source)

    def _secret(self, role: str | None, source: str) -> str:
        parts = source.split(":")
        arn = ":".join(parts[:_PARTS])
        key, stage, version = (*parts[_PARTS:], "", "", "")[:3]
        fetched = f"{_FAILED}secret from asm: {_TRIED}"
        try:
            if role:
                roles.authorize(role, Request("secretsmanager:GetSecretValue", arn))
            secrets = secretsmanager_backends[self.account][Arn.parse(arn).region]
            value = secrets.get_secret_value(arn, version or None, stage or None)["SecretString"]  # type: ignore[arg-type]
        except (AwsError, JsonRESTError, KeyError) as refusal:
            why = _why(refusal, "ResourceNotFoundException: Secrets Manager can't find the specified secret.")
            raise SecretError(f"{fetched}failed to fetch secret {arn} from secrets manager: {why}") from refusal
        return value if not key else _part(value, key, fetched)

    def _parameter(self, region: str, role: str | None, source: str) -> str:
        fetched = f"{_FAILED}secrets from ssm: {_TRIED}"
        place = Arn.parse(source) if source.startswith("arn:") else None
        path = place.resource.removeprefix("parameter") if place else source
        region = place.region if place else region
        parameters = ssm_backends[self.account][region]
        arn = f"arn:{parameters.partition}:ssm:{region}:{self.account}:parameter/{path.lstrip('/')}"
        try:
            if role:
                roles.authorize(role, Request("ssm:GetParameters", arn))
        except AwsError as refusal:
            raise SecretError(f"{fetched}{refusal.code}: {refusal.message}") from refusal
        for name in dict.fromkeys((path, path.lstrip("/"))):
            found: Any = parameters.get_parameter(name) if name else None
            if found is not None:
                return str(found.decrypt(found.value) if found.parameter_type == "SecureString" else found.value)
        raise SecretError(f"{fetched}invalid ssm parameters: {path}")


def _part(value: str, key: str, fetched: str) -> str:
    """Return the value of a key in a secret that is a JSON object."""
    try:
        found = json.loads(value)[key]
    except (ValueError, KeyError, TypeError) as error:
        raise SecretError(f"{fetched}retrieved secret from Secrets Manager did not contain json key {key}") from error
    return found if isinstance(found, str) else json.dumps(found)


def _why(refusal: Exception, not_found: str) -> str:
    if isinstance(refusal, AwsError):
        return f"{refusal.code}: {refusal.message}"
    return not_found
