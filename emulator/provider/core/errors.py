"""What a resource type or a function raises so that the engine shows it, worded as the real provider words it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator


class ProviderError(Exception):
    """A failure whose text is meant for the user."""


class NotSupportedError(ProviderError):
    """A resource type or function that this provider does not have."""


class GoneError(Exception):
    """The resource does not exist (any more)."""


def error_code(error: ClientError) -> str:
    """Give AWS's code of `error`, such as ResourceNotFoundException."""
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


@contextmanager
def doing(verb: str, label: str, name: str) -> Iterator[None]:
    """Turn an AWS error inside the block into `<verb> <label> (<name>): <code>: <message>`."""
    try:
        yield
    except ClientError as error:
        message = error.response.get("Error", {}).get("Message", "")
        what = f"{verb} {label} ({name}): {error_code(error)}: {message}"
        raise ProviderError(what) from error
    except BotoCoreError as error:
        what = f"{verb} {label} ({name}): {error}"
        raise ProviderError(what) from error
