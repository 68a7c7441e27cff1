"""Lambda as the sandbox runs it: the deployed archive's handler, in a process of its own."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import uuid
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from moto.awslambda.models import LambdaFunction, lambda_backends

from sandbox.aws import iam_policy
from sandbox.aws.gateway import AwsError
from sandbox.aws.iam_policy import Request

WriteLog = Callable[[str, str, str, list[str]], None]
"""Takes region, log group, log stream and lines."""

_BOOTSTRAP = """
import importlib, json, sys, types
module, _, name = sys.argv[1].rpartition(".")
sys.path.insert(0, ".")
handler = getattr(importlib.import_module(module.replace("/", ".")), name)
context = types.SimpleNamespace(aws_request_id=sys.argv[2], function_name=sys.argv[3])
event = json.load(sys.stdin)
result = handler(event, context)
with open(sys.argv[4], "w") as file:
    json.dump(result, file)
"""


@dataclass(frozen=True)
class Invocation:
    """What became of one invocation."""

    request_id: str
    result: object
    error: str | None
    """The end of what the handler wrote when it failed."""


class Functions:
    """The functions of the embedded AWS."""

    def __init__(self, environment: Mapping[str, str], write_log: WriteLog) -> None:
        """Give each handler `environment` beneath its own."""
        self._environment = environment
        self._write_log = write_log

    def invoke_by_service(self, arn: str, source_arn: str, payload: str, *, service: str) -> Invocation:
        """Invoke on behalf of an AWS service; AwsError unless the function's own policy lets that source."""
        function = _find(arn)
        policy = {"Version": "2012-10-17", "Statement": function.policy.statements}
        account = arn.split(":")[4]
        decision = iam_policy.evaluate_resource_policy(
            policy,
            service,
            Request("lambda:InvokeFunction", arn, {"aws:SourceArn": source_arn, "aws:SourceAccount": account}),
        )
        if not decision.allowed:
            raise AwsError("AccessDeniedException", f"{service} may not invoke {arn}: {decision.reason}")
        return self._run(function, payload)

    def _run(self, function: LambdaFunction, payload: str) -> Invocation:
        request_id = str(uuid.uuid4())
        with tempfile.TemporaryDirectory(prefix="function-") as folder:
            with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as archive:
                archive.extractall(Path(folder, "code"))
            lines, error = self._call(function, request_id, payload, Path(folder))
            result = Path(folder, "result")
            value = json.loads(result.read_text()) if error is None and result.exists() else None
        self._write_log(function.region, f"/aws/lambda/{function.function_name}", f"sandbox/{request_id}", lines)
        return Invocation(request_id, value, error)

    def _call(
        self, function: LambdaFunction, request_id: str, payload: str, folder: Path
    ) -> tuple[list[str], str | None]:
        """Run the handler; return what it wrote, and why it failed if it did."""
        names = (str(function.handler), request_id, str(function.function_name), str(folder / "result"))
        timeout = int(function.timeout)
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", _BOOTSTRAP, *names],
                input=payload,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                cwd=folder / "code",
                env={**self._environment, **function.environment_vars},
                timeout=timeout,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            error = f"{request_id} Task timed out after {timeout} seconds"
            written = late.output or b""  # bytes here, whatever the encoding
            text = written.decode("utf-8", "replace") if isinstance(written, bytes) else written
            return [*text.splitlines(), error], error
        lines = done.stdout.splitlines()
        if done.returncode == 0:
            return lines, None
        return lines, lines[-1] if lines else f"exit code {done.returncode}"


def _find(arn: str) -> LambdaFunction:
    _, _, _, region, account, _, name = arn.split(":", 6)
    try:
        return lambda_backends[account][region].get_function(name)
    except Exception as error:  # moto raises one of several kinds
        raise AwsError("ResourceNotFoundException", f"Function not found: {arn}") from error
