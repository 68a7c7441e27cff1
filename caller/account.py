"""The calls to the account: those that read the secret, and the one that tells the watch."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from caller import proof
from caller.failures import RequestFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

_CONFIG = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=2, read_timeout=4)
"""Two calls take at most 24 seconds and two pauses. The function has 30 more than the request."""
_CURRENT, _PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
_NOT_THERE = "ResourceNotFoundException"
_NO_ANSWER = "no answer; from a VPC, there must be a route to Secrets Manager by a NAT gateway or an endpoint"


class Account:
    """The account and region in which the function runs."""

    @cached_property
    def _secrets_manager(self) -> Any:  # noqa: ANN401 - boto3's clients have no type in common
        return boto3.client("secretsmanager", config=_CONFIG)

    @cached_property
    def _lambda(self) -> Any:  # noqa: ANN401 - boto3's clients have no type in common
        return boto3.client("lambda", config=_CONFIG)

    def secrets(self, arn: str) -> list[str]:
        """Return the current secret, and the one before it if there is one; RequestFailed without a current one.

        They are read at each call and never kept, so a rotation counts at once.
        """
        try:
            current, previous = proof.secret(self._text(arn, _CURRENT)), self._previous(arn)
        except ClientError as error:
            said = error.response["Error"]
            raise RequestFailed(f"the secret cannot be read: {said.get('Code')}", said.get("Message", "")) from None
        except BotoCoreError as error:
            raise RequestFailed(f"the secret cannot be read: {_NO_ANSWER}", str(error)) from None
        except ValueError as error:
            raise RequestFailed(f"the secret cannot be used: {error}") from None
        return [current, *(own for own in (previous,) if own not in (None, current))]

    def _previous(self, arn: str) -> str | None:
        """Return the secret before the current one. One that nobody can use is none: a rotation was the way out."""
        try:
            return proof.secret(self._text(arn, _PREVIOUS))
        except ClientError as error:
            if error.response["Error"].get("Code") == _NOT_THERE:
                return None
            raise
        except ValueError:
            return None

    def _text(self, arn: str, stage: str) -> str:
        answer = self._secrets_manager.get_secret_value(SecretId=arn, VersionStage=stage)
        if "SecretString" not in answer:
            raise ValueError("it is binary; store it as plain text")
        return str(answer["SecretString"])

    def tell(self, watch: str, report: Mapping[str, Any]) -> None:
        """Send a report to the watch. ClientError or BotoCoreError when it is not taken."""
        self._lambda.invoke(FunctionName=watch, InvocationType="Event", Payload=json.dumps(report).encode())
