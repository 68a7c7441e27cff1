"""The errors of resource types and functions that the engine shows, in the words of the real provider."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator


class ProviderError(Exception):
    """A failure whose text is shown to the user."""


class NotSupportedError(ProviderError):
    """A resource type or function that this provider does not have."""


class GoneError(Exception):
    """The resource does not exist, or no longer exists."""


def error_code(error: ClientError) -> str:
    """Return AWS's code of `error`, such as ResourceNotFoundException."""
    return str(error.response.get("Error", {}).get("Code", "Unknown"))


@contextmanager
def doing(verb: str, label: str, name: str) -> Iterator[None]:
    """Convert an AWS error inside the block to a ProviderError: `<verb> <label> (<name>): <code>: <message>`."""
    try:
        yield
    except ClientError as error:
        message = error.response.get("Error", {}).get("Message", "")
        raise ProviderError(f"{verb} {label} ({name}): {error_code(error)}: {message}") from error
    except BotoCoreError as error:
        raise ProviderError(f"{verb} {label} ({name}): {error}") from error
