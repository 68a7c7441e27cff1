"""How many invocations of each function are in progress, and the concurrency that is reserved for the function."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

from aws_facts.function_name import FunctionName
from emulator.gateway.gateway import AwsError
from emulator.lambda_.function_lookup import find

if TYPE_CHECKING:
    from collections.abc import Callable

THROTTLED = "TooManyRequestsException"
"""The code of the error for a function that is throttled."""


class Concurrency:
    """The invocations in progress. All versions of a function share what is reserved for it."""

    refuse: Callable[[str], bool] | None = None
    """A hook that takes the ARN with which a function is invoked, and returns whether it is throttled anyway."""

    def __init__(self) -> None:
        """Start without invocations."""
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()

    def begin(self, arn: str) -> None:
        """Count an invocation; raise AwsError instead when as many are in progress as are reserved."""
        function = FunctionName.of_arn(arn).function
        reserved = reserved_for(arn)
        if self.refuse is not None and self.refuse(arn):
            raise _throttled("ConcurrentInvocationLimitExceeded")
        with self._lock:
            if reserved is not None and self._running[function] >= reserved:
                raise _throttled("ReservedFunctionConcurrentInvocationLimitExceeded")
            self._running[function] += 1

    def end(self, arn: str) -> None:
        """Count an invocation no longer."""
        with self._lock:
            self._running[FunctionName.of_arn(arn).function] -= 1


def reserved_for(arn: str) -> int | None:
    """Return the reserved concurrency of a function, None without one; raise AwsError when there is no function."""
    reserved = find(FunctionName.of_arn(arn).function).reserved_concurrency
    return None if reserved is None else int(reserved)


def _throttled(reason: str) -> AwsError:
    """Return the error with one of the reasons of TooManyRequestsException (Lambda API reference, Invoke)."""
    return AwsError(THROTTLED, "Rate Exceeded.", Reason=reason, Type="User")
