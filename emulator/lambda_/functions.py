"""The sandbox's Lambda: each function's handler runs in a warm process with its role's permissions."""

from __future__ import annotations

import json
import threading
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_facts.arn import Arn
from aws_facts.function_name import FunctionName
from emulator.gateway.gateway import AwsError, Call, Gateway
from emulator.iam import policy_evaluation
from emulator.iam.policy_evaluation import Request
from emulator.lambda_ import function_log, function_policies, platform_log, replies
from emulator.lambda_.concurrency import Concurrency
from emulator.lambda_.function_lookup import find, named
from emulator.lambda_.function_process import Worker
from emulator.lambda_.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from moto.awslambda.models import LambdaFunction

    from emulator.iam.identities import Identities
    from emulator.lambda_.replies import Reply
    from emulator.timekeeping.timeline import Agenda

_CHANGES = ("DeleteFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration")
_MAIN, _BESIDE = "main", "beside"
"""The processes of a function: the one that runs most invocations, and the one for those that may not wait for it."""


@dataclass(frozen=True)
class _Warm:
    """The process of a function, and the version that it was started from."""

    version: tuple[object, ...]
    stream: str
    worker: Worker


@dataclass(frozen=True)
class StagedEnd:
    """The end of an invocation whose handler does not run."""

    how: str = ""
    """Lambda's words for the exit of the process; empty for an invocation that runs until its time limit."""
    out_of_memory: bool = False


@dataclass(frozen=True)
class _Invocation:
    """An invocation that has begun."""

    arn: str
    """The ARN with which the function is invoked."""
    function: LambdaFunction
    stream: str
    request_id: str
    begun: datetime
    reply: Reply
    lasts: float
    """How long it is in progress by the sandbox's clock, in seconds; 0 for a handler that runs."""


class Functions:
    """The functions of the embedded AWS. Each function runs one handler at a time, and one more beside it."""

    before_invoke: Callable[[str], StagedEnd | None] | None = None
    """A hook that takes the ARN with which a function is invoked; if it returns an end, no handler runs."""
    on_invocation: Callable[[str, bool, list[str]], None] | None = None
    """A hook for each invocation; it takes the function's ARN, whether it failed, and the lines that it printed."""

    def __init__(self, environment: Mapping[str, str], identities: Identities, agenda: Agenda) -> None:
        """Run each handler with `environment`, its own variables and the credentials of its role.

        `agenda` ends the invocations that are staged to last.
        """
        self._environment = environment
        self._identities = identities
        self._agenda = agenda
        self._lock = threading.Lock()
        self._turns: dict[tuple[str, str], Turns] = {}
        self._warm: dict[tuple[str, str], _Warm] = {}
        self.concurrency = Concurrency()
        """The invocations in progress."""

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
                left = [self._warm.pop(key) for key in list(self._warm)]
            for warm in left:
                warm.worker.end()

    def permit(self, arn: str, source_arn: str, service: str) -> None:
        """Raise AwsError unless the function's own policy lets the service invoke it for the source."""
        account = Arn.parse(arn).account
        decision = policy_evaluation.evaluate_resource_policy(
            function_policies.of(FunctionName.of_arn(arn)),
            service,
            Request("lambda:InvokeFunction", arn, {"aws:SourceArn": source_arn, "aws:SourceAccount": account}),
        )
        if not decision.allowed:
            raise AwsError("AccessDeniedException", f"{service} may not invoke {arn}: {decision.reason}")

    def invoke(self, arn: str, payload: str, request_id: str | None = None) -> Reply:
        """Invoke a function, or a version of it, wait, and return its reply.

        Raises AwsError when there is no such function, and when it is throttled.
        """
        return self._wait_for(arn, payload, request_id or str(uuid.uuid4()), _MAIN)

    def invoke_beside(self, arn: str, payload: str, request_id: str) -> Reply:
        """Do as `invoke`, but wait for no other invocation, which may itself wait for this one.

        So does a request to a function's URL, which the answer to a request of the same function may cause.
        """
        return self._wait_for(arn, payload, request_id, _BESIDE)

    def _wait_for(self, arn: str, payload: str, request_id: str, process: str) -> Reply:
        self.concurrency.begin(arn)
        try:
            begin = partial(self._begin, arn, payload, request_id, process)
            return self._turns_of(arn, process).wait_for(lambda: self._finish(begin()))
        finally:
            self.concurrency.end(arn)

    def invoke_when_free(self, arn: str, payload: str, request_id: str, then: Callable[[Reply], None]) -> None:
        """Invoke a function at once, or after its current invocation, and pass the reply to `then`.

        Invocations therefore never wait for each other, even when a function publishes a message that invokes it
        again. A function that was deleted in the meantime is not invoked. Raises AwsError as `invoke`.
        """
        self.concurrency.begin(arn)

        def finish(invocation: _Invocation) -> None:
            reply = self._finish(invocation)
            self.concurrency.end(arn)
            with suppress(AwsError):
                then(reply)

        def invoke() -> None:
            try:
                begun = self._begin(arn, payload, request_id, _MAIN)
            except AwsError:
                self.concurrency.end(arn)
                return
            if begun.lasts:
                self._agenda.after(begun.lasts, partial(finish, begun))
            else:
                finish(begun)

        self._turns_of(arn, _MAIN).leave(invoke)

    def _turns_of(self, arn: str, process: str) -> Turns:
        with self._lock:
            return self._turns.setdefault((FunctionName.of_arn(arn).function, process), Turns())

    def _begin(self, arn: str, payload: str, request_id: str, process: str) -> _Invocation:
        """Run the handler, unless an end is staged."""
        function, begun = find(arn), datetime.now(UTC)
        warm = self._warmed(function, process)
        staged = self.before_invoke(arn) if self.before_invoke is not None else None
        timeout = float(function.timeout)
        if staged is None:
            request = {"event": json.loads(payload), "requestId": request_id, "functionArn": arn}
            reply, lasts = warm.worker.invoke(request, timeout), 0.0
        elif staged.how:
            reply = replies.exited(request_id, staged.how, out_of_memory=staged.out_of_memory)
            lasts = 0.0
        else:
            late = replies.timed_out(request_id, replies.late_after(timeout))
            reply, lasts = replace(late, seconds=timeout), timeout
        return _Invocation(arn, function, warm.stream, request_id, begun, reply, lasts)

    def _finish(self, ended: _Invocation) -> Reply:
        """Write an invocation's log, and tell of it."""
        function, reply = ended.function, ended.reply
        lines = [
            (ended.begun, platform_log.began(ended.request_id, str(function.version))),
            *reply.lines,
            *platform_log.ended(ended.request_id, reply, int(function.memory_size)),
        ]
        with suppress(AwsError):  # without the permissions there is no log
            function_log.keep(function, ended.stream, lines)
        if self.on_invocation is not None:
            self.on_invocation(ended.arn, reply.error is not None, reply.lines)
        return reply

    def _warmed(self, function: LambdaFunction, process: str) -> _Warm:
        """Return the process of this version of a function; start one if there is none."""
        key, version = (str(function.function_arn), process), _version(function)
        with self._lock:
            warm = self._warm.get(key)
        if warm is not None and (warm.version != version or not warm.worker.alive):
            self._end(key)
            warm = None
        if warm is None:
            stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
            environment = {**self._environment, **self._variables(function, stream)}
            warm = _Warm(version, stream, Worker(function.code_bytes, str(function.handler), environment))
            with self._lock:
                self._warm[key] = warm
        return warm

    def _variables(self, function: LambdaFunction, stream: str) -> dict[str, str]:
        """Return the function's own variables, and those that Lambda defines (Lambda Developer Guide)."""
        own_arn = FunctionName.of_arn(str(function.function_arn)).function
        return {
            **function.environment_vars,
            **self._identities.function_credentials(function.role, own_arn).environment(),
            "AWS_DEFAULT_REGION": function.region,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.run_time}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_size),
            "AWS_LAMBDA_FUNCTION_NAME": function.function_name,
            "AWS_LAMBDA_FUNCTION_VERSION": str(function.version),
            "AWS_LAMBDA_LOG_GROUP_NAME": function.logs_group_name,
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "AWS_REGION": function.region,
            "TZ": "UTC",
            "_HANDLER": str(function.handler),
        }

    def _cool(self, call: Call) -> None:
        """End the processes of a function that is about to change; a running invocation is finished first."""
        arn = named(call).function
        for process in (_MAIN, _BESIDE):
            self._turns_of(arn, process).leave(partial(self._end_all, arn, process))

    def _end_all(self, arn: str, process: str) -> None:
        """End this process of all versions of a function."""
        with self._lock:
            warm = [key for key in self._warm if key[1] == process and FunctionName.of_arn(key[0]).function == arn]
        for key in warm:
            self._end(key)

    def _end(self, key: tuple[str, str]) -> None:
        with self._lock:
            warm = self._warm.pop(key, None)
        if warm is not None:
            warm.worker.end()


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
