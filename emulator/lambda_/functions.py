"""Lambda as the sandbox runs it: each function's handler in a warm process, with its role's permissions."""

from __future__ import annotations

import json
import threading
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import LambdaFunction, lambda_backends

from aws.arn import Arn
from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.iam import policy_evaluation
from emulator.iam.policy_evaluation import Request
from emulator.lambda_ import function_log
from emulator.lambda_.turns import Turns
from emulator.lambda_.worker import Reply, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from emulator.iam.identities import Identities

_CHANGES = ("DeleteFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration")


@dataclass(frozen=True)
class _Warm:
    """The process of a function, and what it was started from."""

    version: tuple[object, ...]
    stream: str
    worker: Worker


class Functions:
    """The functions of the embedded AWS. Each does one thing at a time."""

    before_invoke: Callable[[str], str | None] | None = None
    """Takes a function's ARN; a text that it gives is the error of this invocation, and the handler is not called."""
    on_invocation: Callable[[str, bool, list[str]], None] | None = None
    """Is told of each invocation: the function's ARN, whether it failed, and the lines that it printed."""

    def __init__(self, environment: Mapping[str, str], identities: Identities) -> None:
        """Give each handler `environment` beneath its own, and the credentials of its role."""
        self._environment = environment
        self._identities = identities
        self._lock = threading.Lock()
        self._turns: dict[str, Turns] = {}
        self._warm: dict[str, _Warm] = {}

    def install(self, gateway: Gateway) -> None:
        """Notice when a function changes, or is deleted: its process ends then."""
        for operation in _CHANGES:
            gateway.check("lambda", operation, self._cool)

    @contextmanager
    def running(self) -> Iterator[None]:
        """End every process in the end."""
        try:
            yield
        finally:
            with self._lock:
                left = [self._warm.pop(arn) for arn in list(self._warm)]
            for warm in left:
                warm.worker.end()

    def permit(self, arn: str, source_arn: str, service: str) -> None:
        """Ask the function's own policy; AwsError unless it lets the service invoke it for that source."""
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
        """Invoke, wait, and give what came of it; AwsError when there is no such function."""
        return self._turns_of(arn).wait_for(lambda: self._invoke(arn, payload, str(uuid.uuid4())))

    def invoke_when_free(self, arn: str, payload: str, request_id: str, then: Callable[[Reply], None]) -> None:
        """Invoke and tell `then` what came of it: at once, or after what the function does now.

        So an invocation never waits for one that waits for it, as when a function publishes what invokes it again. A
        function that is gone when it is its turn is not invoked.
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
        with suppress(AwsError):  # without the permission there is no log
            function_log.keep(function, warm.stream, reply.lines)
        if self.on_invocation is not None:
            self.on_invocation(arn, reply.error is not None, reply.lines)
        return reply

    def _warmed(self, arn: str, function: LambdaFunction) -> _Warm:
        """Return the process of this version of a function, started unless it is there."""
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
        """Build the function's own variables, and those that Lambda defines (Lambda Developer Guide)."""
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
        """End the process of a function that is about to change; one that is at work ends when it is done."""
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
    """Return the function with this ARN; AwsError when there is none."""
    function = Arn.parse(arn)
    try:
        return lambda_backends[function.account][function.region].get_function(
            function.resource.removeprefix("function:")
        )
    except Exception as error:  # moto raises one of several kinds
        raise AwsError("ResourceNotFoundException", f"Function not found: {arn}") from error


def _version(function: LambdaFunction) -> tuple[Any, ...]:
    """Return what a process is started from; another version needs another process."""
    return (
        function.code_sha_256,
        function.handler,
        dict(function.environment_vars),
        function.role,
        function.memory_size,
        function.logs_group_name,
    )
