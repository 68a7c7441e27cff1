"""The process of a function's handler, which runs one invocation after another like a warm Lambda environment.

The process is started as `python -I function_worker.py HANDLER` in the folder of the code. Each line on standard input
is a request. The answer follows the handler's own output on standard output; its line begins with the request's token.
The first request has no event and imports the handler. The process ends when its standard input ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.machinery
import json
import os
import queue
import sys
import threading
import time
import traceback
import types
from datetime import datetime
from typing import TYPE_CHECKING, Any

import time_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Handler = Callable[[Any, "Context"], object]
    Request = Mapping[str, Any]

_CHUNK = 65536
_ALLOCATIONS, _COLLECTIONS = 10_000, 50
"""Garbage is collected after so many allocations, and older garbage after so many collections: less often than Python
does by itself, because the SDK's many objects stay."""
_QUICKER = ("../gateway/http_headers.py", "function_sdk.py")
"""Files with a function `install`, which the handler cannot import."""


class Context:
    """The context object that a handler receives (Lambda Developer Guide, context object in Python)."""

    def __init__(self, request: Request) -> None:
        """Read the request, and the function's properties from the environment."""
        self.aws_request_id: str = request["requestId"]
        self.invoked_function_arn: str = request["functionArn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self._deadline = time.monotonic() + request["timeout"]

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds of real time that are left before the invocation times out."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def main() -> None:
    """Answer requests until there are no more."""
    sys.path.insert(0, str(os.getcwd()))  # noqa: PTH109 - pathlib is not imported, so that a start costs less
    requests: queue.SimpleQueue[Request] = queue.SimpleQueue()
    given, output = _own_streams()
    gc.set_threshold(_ALLOCATIONS, _COLLECTIONS, _COLLECTIONS)
    threading.Thread(target=_listen, args=(given, requests), daemon=True).start()
    handler: Handler | None = None
    while True:
        request = requests.get()
        with _at(request["now"]):
            if handler is None:
                handler, answer = _import(sys.argv[1])
                _quicken_sdk()
            else:
                answer = _handle(handler, request)
        sys.stdout.flush()
        sys.stderr.flush()
        _write(output, f"\0{request['token']}\0{answer}\n".encode())


def _own_streams() -> tuple[int, int]:
    """Return new descriptors of both pipes, so that the handler and its children do not find them at 0 and 1."""
    given, output = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return given, output


def _listen(given: int, requests: queue.SimpleQueue[Request]) -> None:
    """Put each request into the queue; exit the process when the pipe ends, even while the handler runs."""
    rest = b""
    while chunk := os.read(given, _CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            requests.put(json.loads(line))
    os._exit(0)


def _at(now: str | None) -> contextlib.AbstractContextManager[object]:
    """Return a context in which the time is `now`; None uses the machine's time."""
    return contextlib.nullcontext() if now is None else time_machine.travel(datetime.fromisoformat(now), tick=False)


def _import(name: str) -> tuple[Handler | None, str]:
    module, _, attribute = name.rpartition(".")
    try:
        handler: Handler = getattr(importlib.import_module(module.replace("/", ".")), attribute)
    except ModuleNotFoundError as error:
        return None, _failure("Runtime.ImportModuleError", f"Unable to import module '{module}': {error}", error)
    except AttributeError as error:
        return None, _failure("Runtime.HandlerNotFound", str(error), error)
    except Exception as error:  # noqa: BLE001 - it is the function's own
        return None, _failure(type(error).__name__, str(error), error)
    return handler, "{}"


def _quicken_sdk() -> None:
    """Let AWS's SDK do less work for each call, if the handler has imported it and it is as the sandbox knows it."""
    if "botocore" not in sys.modules:
        return
    with contextlib.suppress(ImportError, AttributeError):
        for name in _QUICKER:
            path = os.path.join(os.path.dirname(__file__), name)  # noqa: PTH118, PTH120 - pathlib is not imported
            loader = importlib.machinery.SourceFileLoader("quicker", path)
            module = types.ModuleType(loader.name)
            loader.exec_module(module)
            module.install()


def _handle(handler: Handler, request: Request) -> str:
    try:
        result = handler(request["event"], Context(request))
    except Exception as error:  # noqa: BLE001 - it is the function's own
        return _failure(type(error).__name__, str(error), error, request["requestId"])
    try:
        return json.dumps({"result": result})
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return _failure("Runtime.MarshalError", message, error, request["requestId"])


def _failure(kind: str, message: str, error: Exception, request_id: str = "") -> str:
    """Return the error as Lambda answers it; while the handler is imported there is no request."""
    frames = error.__traceback__ and error.__traceback__.tb_next  # without this module's own
    trace = traceback.format_tb(frames)
    answer = {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}
    return json.dumps({"error": answer})


def _write(output: int, text: bytes) -> None:
    while text:
        text = text[os.write(output, text) :]


if __name__ == "__main__":
    main()
