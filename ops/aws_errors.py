"""Explains AWS's refusals and boto3's errors to an operator, each in one line."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore import exceptions

from aws_facts import denials
from ops.errors import OpsError

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN = frozenset(
    {"InvalidClientTokenId", "InvalidSignatureException", "SignatureDoesNotMatch", "UnrecognizedClientException"}
)
_SIGN_IN_AGAIN = "the AWS credentials have expired or cannot be renewed; sign in again"


@contextmanager
def explained() -> Iterator[None]:
    """Raise OpsError, with an explanation, when boto3 raises an error."""
    try:
        yield
    except exceptions.ClientError as error:
        raise OpsError(refusal(error)) from error
    except exceptions.BotoCoreError as error:
        raise OpsError(trouble(error)) from error


def refusal(error: exceptions.ClientError) -> str:
    """Return the explanation of an error that AWS answered, with the name of a missing permission."""
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    if code in _EXPIRED:
        return _SIGN_IN_AGAIN
    if code in _UNKNOWN:
        return f"AWS does not know these credentials ({code}); sign in again"
    if denials.is_denied(code):
        return _denied(error.operation_name, message)
    return f"{error.operation_name}: {_one_line(message) or 'refused'} ({code})"


def trouble(error: exceptions.BotoCoreError) -> str:
    """Return the explanation of an error that prevented the request to AWS."""
    match error:
        case exceptions.NoCredentialsError() | exceptions.PartialCredentialsError():
            return "there are no AWS credentials; sign in, or set AWS_PROFILE"
        case (
            exceptions.SSOError()
            | exceptions.TokenRetrievalError()
            | exceptions.CredentialRetrievalError()
            | exceptions.LoginError()
        ):
            return f"{_SIGN_IN_AGAIN} ({_one_line(str(error))})"
        case _:
            return _one_line(str(error))


def _denied(operation: str, message: str) -> str:
    needed = "docs/permissions.md, 'Who looks' and 'Who is on call', lists every permission that you need"
    found = denials.read(message)
    if found is None:
        return f"you may not {operation}: {_one_line(message) or 'denied'}; {needed}"
    where = f" on {found.resource}" if found.resource else ""
    return f"you lack the permission {found.action}{where}{f' ({found.why})' if found.why else ''}; {needed}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
