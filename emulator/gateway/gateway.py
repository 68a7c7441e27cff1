"""The gateway to the embedded AWS: every request passes it before moto.

The gateway checks a request against AWS's service model. A part of the sandbox may answer the request where moto lacks
the operation's behaviour.
"""

from __future__ import annotations

import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from threading import RLock
from typing import Any

from moto.core.errors import COMMON_ERROR_CODES
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.core.utils import get_service_model

from emulator.gateway import request_validation

Check = Callable[["Call"], None]
Answer = Callable[["Call"], Mapping[str, Any]]

_REMEMBERED_CALLS = 10_000
_UNMODELLED_CODES = (
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InternalFailure",
    "RequestEntityTooLargeException",
    "ServiceUnavailable",
    "ThrottlingException",
)
"""Error codes that are missing from the services' models; moto would log a warning for each."""
_OWN_FAULTS = {
    "InternalFailure": HTTPStatus.INTERNAL_SERVER_ERROR,
    "InternalServerError": HTTPStatus.INTERNAL_SERVER_ERROR,
    "ServerException": HTTPStatus.INTERNAL_SERVER_ERROR,
    "ServiceUnavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "ServiceUnavailableException": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The status of errors that are a service's own (each API reference, "Common Errors"); SDKs repeat such calls."""
_STATUSES = {**_OWN_FAULTS, "RequestEntityTooLargeException": HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
"""The status of errors that the services' models do not have."""
_REQUEST_ID = "x-amzn-requestid"
"""The header with the id of a request."""


class AwsError(ServiceException):
    """An error of AWS, with its error code and message."""

    def __init__(self, code: str, message: str, **members: str) -> None:
        """Create the error from AWS's code, such as `ValidationException`, the message and its further members."""
        super().__init__(code, message)
        vars(self).update(members)


@dataclass(frozen=True)
class Call:
    """One request to the embedded AWS."""

    service: str
    """botocore's name for the service, for example `scheduler`."""
    operation: str
    params: Mapping[str, Any]
    account: str
    region: str
    partition: str
    access_key: str = ""
    """The caller's access key; empty for a call that the sandbox itself makes."""
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()), compare=False)
    """The id of the request, which its answer has in a header."""


@dataclass
class Gateway:
    """The checks and answers that come between a request and moto."""

    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_CALLS))
    """The latest calls, oldest first."""
    _checks: dict[tuple[str, str], list[Check]] = field(default_factory=dict)
    _answers: dict[tuple[str, str], Answer] = field(default_factory=dict)
    _checks_of_all: list[Check] = field(default_factory=list)
    _turns: dict[str, AbstractContextManager[object]] = field(default_factory=dict)

    def check_all(self, check: Check) -> None:
        """Register a check for calls of every operation; it raises `AwsError` for a call that AWS refuses."""
        self._checks_of_all.append(check)

    def check(self, service: str, operation: str, check: Check) -> None:
        """Register a check for one operation; it raises `AwsError` for a call that AWS refuses and moto accepts."""
        self._checks.setdefault((service, operation), []).append(check)

    def answer(self, service: str, operation: str, answer: Answer) -> None:
        """Replace moto's implementation of an operation with `answer`."""
        self._answers[service, operation] = answer

    def answer_in_turn(self, service: str) -> None:
        """Answer the requests of a service one after another; moto answers them all at once."""
        self._turns[service] = RLock()

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Put the gateway in front of all of moto's services in this process."""
        original = BaseResponse.call_action

        def call_action(response: BaseResponse) -> object:
            return self._handle(response, lambda: original(response))

        modelled = list(COMMON_ERROR_CODES)
        COMMON_ERROR_CODES.extend(_UNMODELLED_CODES)
        BaseResponse.call_action = call_action  # type: ignore[assignment, method-assign]
        try:
            yield
        finally:
            BaseResponse.call_action = original  # type: ignore[method-assign]
            COMMON_ERROR_CODES[:] = modelled

    def _handle(self, response: BaseResponse, moto: Callable[[], object]) -> object:
        try:
            call = _read(response)
        except (ValueError, TypeError) as error:
            code = request_validation.error_code(response.boto3_service_name or "", response._get_action())  # noqa: SLF001
            status, headers, body = _written(response, AwsError(code, f"The request cannot be read: {error}"))
            return status, {**headers, "status": str(status)}, body
        if call is None:
            return moto()
        self.calls.append(call)
        try:
            violations = request_validation.violations(call.service, call.operation, call.params)
            if violations:
                code = request_validation.error_code(call.service, call.operation)
                raise AwsError(code, request_validation.error_message(violations))
            for check in [*self._checks_of_all, *self._checks.get((call.service, call.operation), [])]:
                check(call)
            answer = self._answers.get((call.service, call.operation))
            with self._turns.get(call.service, nullcontext()):
                if answer is None:
                    return moto()
                result: object = answer(call)
        except ServiceException as error:
            result = error
        status, headers, body = _written(response, result)
        return status, {**headers, "status": str(status), _REQUEST_ID: call.request_id}, body


def _read(response: BaseResponse) -> Call | None:
    operation = response._get_action()  # noqa: SLF001 - moto offers no public way in
    service = response.boto3_service_name
    if not operation or service is None:
        return None
    if not response.automated_parameter_parsing:
        response.parse_parameters(response.normalized_request)
    return Call(
        service=service,
        operation=operation,
        params=response.params,
        account=response.current_account,
        region=response.region,
        partition=response.partition,
        access_key=response.access_key,
    )


def _written(response: BaseResponse, result: object) -> tuple[int, dict[str, str], Any]:
    """Return the status, the headers and the body of an answer."""
    status, headers, body = response.serialized(ActionResult(result))
    if isinstance(result, ServiceException):
        status = int(_STATUSES.get(result.code, status))
    elif isinstance(result, Mapping):
        status = result.get(_status_member(str(response.boto3_service_name), response._get_action()), status)  # noqa: SLF001
    return status, headers, body


@cache
def _status_member(service: str, operation: str) -> str | None:
    """Return the member of an operation's output that is the status of its answer; most operations have none."""
    output = get_service_model(service).operation_model(operation).output_shape
    members = {} if output is None else output.members
    return next((name for name, one in members.items() if one.serialization.get("location") == "statusCode"), None)
