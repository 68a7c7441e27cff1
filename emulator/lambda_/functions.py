"""The sandbox's Lambda: each function's handler runs in a warm process with its role's permissions."""

from __future__ import annotations

import json
import threading
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import LambdaFunction, lambda_backends

from aws_facts.arn import Arn
from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.iam import policy_evaluation
from emulator.iam.policy_evaluation import Request
from emulator.lambda_ import function_log
from emulator.lambda_.function_process import Reply, Worker
from emulator.lambda_.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from emulator.iam.identities import Identities

_CHANGES = ("DeleteFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration")


@dataclass(frozen=True)
class _Warm:
    """The process of a function, and the version that it was started from."""

    version: tuple[object, ...]
    stream: str
    worker: Worker


class Functions:
    """The functions of the embedded AWS. Each function runs one invocation at a time."""

    before_invoke: Callable[[str], str | None] | None = None
    """A hook that takes a function's ARN; if it returns a text, the invocation fails with it and no handler runs."""
    on_invocation: Callable[[str, bool, list[str]], None] | None = None
    """A hook for each invocation; it takes the function's ARN, whether it failed, and the lines that it printed."""

    def __init__(self, environment: Mapping[str, str], identities: Identities) -> None:
        """Run each handler with `environment`, its own variables and the credentials of its role."""
        self._environment = environment
        self._identities = identities
        self._lock = threading.Lock()
        self._turns: dict[str, Turns] = {}
        self._warm: dict[str, _Warm] = {}

    def install(self, gateway: Gateway) -> None:
        """End the process of a function when the function changes or is deleted."""
        for operation in _CHANGES:
            gateway.check("lambda", operation, self._cool)

    @contextmanager
    def running(self) -> Iterator[None]:
        """End every process on exit."""
        try:
            yield
        finally:
            with self._lock:
                left = [self._warm.pop(arn) for arn in list(self._warm)]
            for warm in left:
                warm.worker.end()

    def permit(self, arn: str, source_arn: str, service: str) -> None:
        """Raise AwsError unless the function's own policy lets the service invoke it for the source."""
        function = find(arn)
        policy = {"Version": "2012-10-17", "Statement": function.policy.statements}
        account = Arn.parse(arn).account
        decision = policy_evaluation.evaluate_resource_policy(
            policy,
            service,
            Request("lambda:InvokeFunction", arn, {"aws:SourceArn": source_arn, "aws:SourceAccount": account}),
        )
        if not decision.allowed:
            raise AwsError("AccessDeniedException", f"{service} may not invoke {arn}: {decision.reason}")

    def invoke(self, arn: str, payload: str) -> Reply:
        """Invoke a function, wait, and return its reply; raise AwsError when there is no such function."""
        return self._turns_of(arn).wait_for(lambda: self._invoke(arn, payload, str(uuid.uuid4())))

    def invoke_when_free(self, arn: str, payload: str, request_id: str, then: Callable[[Reply], None]) -> None:
        """Invoke a function at once, or after its current invocation, and pass the reply to `then`.

        Invocations therefore never wait for each other, even when a function publishes a message that invokes it
        again. A function that was deleted in the meantime is not invoked.
        """

        def invoke() -> None:
            with suppress(AwsError):
                then(self._invoke(arn, payload, request_id))

        self._turns_of(arn).leave(invoke)

    def _turns_of(self, arn: str) -> Turns:
        with self._lock:
            return self._turns.setdefault(arn, Turns())

    def _invoke(self, arn: str, payload: str, request_id: str) -> Reply:
        function = find(arn)
        warm = self._warmed(arn, function)
        staged = self.before_invoke(arn) if self.before_invoke is not None else None
        if staged is None:
            request = {"event": json.loads(payload), "requestId": request_id, "functionArn": arn}
            reply = warm.worker.invoke(request, float(function.timeout))
        else:
            message = f"RequestId: {request_id} Error: {staged}"
            reply = Reply([message], error={"errorType": "Runtime.ExitError", "errorMessage": message})
        with suppress(AwsError):  # without the permissions there is no log
            function_log.keep(function, warm.stream, reply.lines)
        if self.on_invocation is not None:
            self.on_invocation(arn, reply.error is not None, reply.lines)
        return reply

    def _warmed(self, arn: str, function: LambdaFunction) -> _Warm:
        """Return the process of this version of a function; start one if there is none."""
        version = _version(function)
        with self._lock:
            warm = self._warm.get(arn)
        if warm is not None and (warm.version != version or not warm.worker.alive):
            self._end(arn)
            warm = None
        if warm is None:
            stream = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{uuid.uuid4().hex}"
            environment = {**self._environment, **self._variables(function, stream)}
            warm = _Warm(version, stream, Worker(function.code_bytes, str(function.handler), environment))
            with self._lock:
                self._warm[arn] = warm
        return warm

    def _variables(self, function: LambdaFunction, stream: str) -> dict[str, str]:
        """Return the function's own variables, and those that Lambda defines (Lambda Developer Guide)."""
        return {
            **function.environment_vars,
            **self._identities.credentials(function.role).environment(),
            "AWS_DEFAULT_REGION": function.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "AWS_REGION": function.region,
            "TZ": "UTC",
            "_HANDLER": str(function.handler),
        }

    def _cool(self, call: Call) -> None:
        """End the process of a function that is about to change; a running invocation is finished first."""
        try:
            function = lambda_backends[call.account][call.region].get_function(call.params["FunctionName"])
        except Exception:  # noqa: BLE001 - moto raises one of several kinds, and is about to answer with it
            return
        arn = str(function.function_arn)
        self._turns_of(arn).leave(lambda: self._end(arn))

    def _end(self, arn: str) -> None:
        with self._lock:
            warm = self._warm.pop(arn, None)
        if warm is not None:
            warm.worker.end()


def find(arn: str) -> LambdaFunction:
    """Return the function with this ARN; raise AwsError when there is none."""
    function = Arn.parse(arn)
    try:
        return lambda_backends[function.account][function.region].get_function(
            function.resource.removeprefix("function:")
        )
    except Exception as error:  # moto raises one of several kinds
        raise AwsError("ResourceNotFoundException", f"Function not found: {arn}") from error


def _version(function: LambdaFunction) -> tuple[Any, ...]:
    """Return the version of a function that its process is started from; another version needs another process."""
    return (
        function.code_sha_256,
        function.handler,
        dict(function.environment_vars),
        function.role,
        function.memory_size,
        function.logs_group_name,
    )
