"""A function runs in one warm process, with the sandbox's time, until it must end."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest
from moto.awslambda.models import lambda_backends

from emulator.gateway.gateway import AwsError
from emulator.lambda_.function_process import Worker
from emulator.lambda_.functions import StagedEnd
from emulator.lambda_.replies import Reply
from tests.processes.emulator.world import (
    ACCOUNT,
    LOGGING,
    REGION,
    START,
    TASK_ROLE,
    WATCH,
    Host,
    archive,
    client,
    opened,
    refusal,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.processes.emulator.world import World

PROCESS = """
import os
count = 0
def handle(event, context):
    global count
    count += 1
    print("call", count)
    return [os.getpid(), count]
"""
REPORT = (
    r"REPORT RequestId: {}\tDuration: \d+\.\d\d ms\tBilled Duration: \d+ ms\t"
    r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\t"
)
ENDS = """
import os, signal, subprocess, sys, time
def handle(event, context):
    print("begun")
    if event is not None:
        eval(event)
    return os.getpid()
"""


def gone(pid: int) -> bool:
    """Return whether a process has ended, even if no parent has collected it."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def listed(world: World) -> list[Any]:
    """Invoke the function, and return the list in its result."""
    result = world.invoke().result
    assert isinstance(result, list)
    return result


def test_warm(world: World) -> None:
    """One process handles all invocations, and the output of each is in the function's log between Lambda's lines."""
    world.deploy(PROCESS)
    (first, one), (second, two) = listed(world), listed(world)
    assert (first, one, two) == (second, 1, 2)
    assert first != os.getpid()
    log = world.whole_log()
    assert [log[1], log[5]] == world.log() == ["call 1", "call 2"]
    for begun, _, end, report in (log[:4], log[4:]):
        request_id = end.removeprefix("END RequestId: ")
        assert begun == f"START RequestId: {request_id} Version: $LATEST"
        assert re.fullmatch(REPORT.format(request_id), report)


def test_event_and_answer(world: World) -> None:
    """The handler, which may be in a package, gets the event, and its return value is the result."""
    code = archive(**{"watch/__init__": "", "watch/handler": "def handle(event, context):\n    return [event, '\\n']"})
    world.deploy("", Handler="watch.handler.handle", Code={"ZipFile": code})
    large = {"text": "é\0\n" * 100_000}
    assert world.invoke(large) == Reply([], [large, "\n"])


CONTEXT = """
import os
def handle(event, context):
    names = ("function_name", "invoked_function_arn", "log_group_name", "log_stream_name", "function_version")
    left = context.get_remaining_time_in_millis()
    return {
        "context": {name: getattr(context, name) for name in names},
        "left": 29_000 < left <= 30_000,
        "request": len(context.aws_request_id),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
    }
"""


def test_context_and_environment() -> None:
    """The handler gets Lambda's context; its variables override the sandbox's, and Lambda's own override both."""
    with opened(Host(), variables={"COLOUR": "red", "SIZE": "small", "AWS_ACCESS_KEY_ID": "sandbox"}) as world:
        world.deploy(CONTEXT, Environment={"Variables": {"COLOUR": "blue", "AWS_REGION": "elsewhere"}})
        found: Any = world.invoke().result
    stream = found["context"].pop("log_stream_name")
    assert found["context"] == {
        "function_name": "watch",
        "invoked_function_arn": WATCH,
        "log_group_name": "/aws/lambda/watch",
        "function_version": "$LATEST",
    }
    assert stream.startswith("2027/01/04/[$LATEST]")
    assert (found["left"], found["request"]) == (True, 36)
    environment = found["environment"]
    key = environment.pop("AWS_ACCESS_KEY_ID")
    assert (key[:4], len(key), key.upper()) == ("ASIA", 20, key)
    assert all(len(environment.pop(name)) == 64 for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))
    environment.pop("LC_CTYPE", None)  # which Python sets where no language is
    assert environment == {
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.12",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_NAME": "watch",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/watch",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_REGION": REGION,
        "COLOUR": "blue",
        "LAMBDA_TASK_ROOT": found["folder"],
        "SIZE": "small",
        "TZ": "UTC",
        "_HANDLER": "watch.handle",
    }


SDK = """
import gc, sys, boto3
def handle(event, context):
    (group,) = boto3.client("scheduler").list_schedule_groups(NamePrefix="jobs-")["ScheduleGroups"]
    modules = [name for name in sys.modules if "function_sdk" in name]
    return [str(group["CreationDate"].tzinfo), modules, gc.isenabled() and gc.get_threshold()[0] > 700]
"""


def test_sdk(reachable: World) -> None:
    """The SDK does less work for a call, which shows in the zone of a moment, and garbage is collected less often."""
    allowed = {"Effect": "Allow", "Action": "scheduler:ListScheduleGroups", "Resource": "*"}
    reachable.allow_watch(LOGGING, allowed)
    reachable.deploy(SDK)
    assert reachable.invoke().result == ["UTC", [], True]


def test_other_sdk(world: World) -> None:
    """A handler may have an SDK of its own that is not as the sandbox knows it."""
    code = archive(**{"watch": "import botocore\ndef handle(event, context):\n    return 1", "botocore/__init__": ""})
    world.deploy("", Code={"ZipFile": code})
    assert world.invoke() == Reply([], 1)


TIME = """
import datetime, time
imported = time.time()
def handle(event, context):
    return [imported, time.time(), datetime.datetime.now(datetime.UTC).isoformat()]
"""


def test_time(world: World) -> None:
    """The handler sees the sandbox's time, at each invocation and when the module is imported."""
    world.deploy(TIME)
    begin = START.timestamp()
    assert world.invoke().result == [begin, begin, "2027-01-04T00:00:00+00:00"]
    world.advance(hours=1)
    assert world.invoke().result == [begin, begin + 3600, "2027-01-04T01:00:00+00:00"]


def test_live_time() -> None:
    """While the clock runs live, the handler's clock runs as well."""
    with opened(Host(), start=None) as world:
        before = world.clock.now().timestamp()
        world.deploy(TIME)
        imported, now, _ = listed(world)
        assert before < imported < now < world.clock.now().timestamp()


EXIT = "RequestId: {} Error: Runtime exited with error: {}"
DEATHS: dict[str, tuple[str, str]] = {
    "exit": ("sys.exit(3)", "exit status 3"),
    "exit at once": ("os._exit(4)", "exit status 4"),
    "killed": ("os.kill(os.getpid(), signal.SIGKILL)", "signal: killed"),
    "good exit": ("sys.exit()", "exit status 0"),
    "closed output": ("(os.closerange(0, 20), time.sleep(60))", "signal: killed"),
}


@pytest.mark.parametrize(("does", "how"), DEATHS.values(), ids=DEATHS)
def test_death(world: World, monkeypatch: pytest.MonkeyPatch, does: str, how: str) -> None:
    """A handler that ends its process has failed, in Lambda's words, and the next invocation gets a new process."""
    monkeypatch.setattr("emulator.lambda_.function_process._CLOSED", 0.2)
    world.deploy(ENDS)
    first = world.invoke().result
    reply = world.invoke(does)
    assert reply.error is not None
    *printed, told, kind = reply.lines
    assert printed == ["begun"]
    request_id = told.split()[1]
    assert told == EXIT.format(request_id, how)
    assert reply.error == {"errorType": "Runtime.ExitError", "errorMessage": told}
    assert world.log()[-2:] == [told, kind] == [told, "Runtime.ExitError"]
    assert world.whole_log()[-1].endswith("\tStatus: error\tError Type: Runtime.ExitError")
    assert world.invoke().result not in {None, first}


def test_death_while_idle(world: World) -> None:
    """A process that ended between two invocations is replaced without a failure."""
    world.deploy(PROCESS)
    pid, _ = listed(world)
    (warm,) = world.aws.functions._warm.values()
    process = warm.worker._process
    process.kill()
    process.wait(10)
    other, count = listed(world)
    assert (other != pid, count) == (True, 1)


def test_exception(world: World) -> None:
    """An exception is reported as by Lambda, is one event of the log, and the process stays."""
    world.deploy("def handle(event, context):\n    raise ValueError('no')")
    reply = world.invoke()
    error = dict(reply.error or {})
    (frame,) = error.pop("stackTrace")
    request_id = world.whole_log()[0].split()[2]
    assert error == {"errorType": "ValueError", "errorMessage": "no", "requestId": request_id}
    assert 'watch.py", line 2, in handle' in frame
    (told,) = reply.lines
    first, second, place, code = told.splitlines()
    assert (first, second) == ("[ERROR] ValueError: no", "Traceback (most recent call last):")
    assert place.startswith("\u00a0\u00a0File ")
    assert place.endswith('watch.py", line 2, in handle')
    assert code == "\u00a0\u00a0\u00a0\u00a0raise ValueError('no')"


BROKEN: dict[str, tuple[str, str, str]] = {
    "import": ("import nothing_like_it", "Runtime.ImportModuleError", "Unable to import module 'watch': No module"),
    "handler": ("", "Runtime.HandlerNotFound", "has no attribute 'handle'"),
    "module": ("1 / 0", "ZeroDivisionError", "division by zero"),
    "exit": ("import sys\nprint('why')\nsys.exit(2)", "Runtime.ExitError", "exit status 2"),
    "result": ("def handle(event, context):\n    return {1}", "Runtime.MarshalError", "Unable to marshal response"),
}


@pytest.mark.parametrize(("code", "kind", "message"), BROKEN.values(), ids=BROKEN)
def test_broken(world: World, code: str, kind: str, message: str) -> None:
    """Code that cannot be imported, or whose result is not JSON, fails each invocation with the reason."""
    world.deploy(code)
    for reply in (world.invoke(), world.invoke()):
        assert reply.error is not None
        assert reply.error["errorType"] == kind
        assert message in reply.error["errorMessage"]


def test_late(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A handler that takes too long is ended with all its children, and fails in Lambda's words."""
    world.deploy(ENDS)
    world.invoke()
    function = lambda_backends[ACCOUNT][REGION].get_function("watch")
    monkeypatch.setattr(function, "timeout", 0.5)
    started = "print(subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']).pid, flush=True)"
    reply = world.invoke(f"({started}, time.sleep(60))")
    request_id = world.whole_log()[-1].split()[2]
    assert reply.error == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after 0.50 seconds",
    }
    report = f"REPORT RequestId: {request_id}\tDuration: 500.00 ms\tBilled Duration: 500 ms\tMemory Size: 128 MB\t"
    assert world.whole_log()[-1].startswith(report)
    assert world.whole_log()[-1].endswith("\tStatus: timeout")
    deadline = time.monotonic() + 10  # it was killed; when it is gone is up to the machine
    while not gone(int(reply.lines[1])):
        assert time.monotonic() < deadline
        os.sched_yield()


CHANGES: dict[str, Callable[[], object]] = {
    "code": lambda: client("lambda").update_function_code(
        FunctionName="watch", ZipFile=archive(watch=PROCESS + "# changed")
    ),
    "configuration": lambda: client("lambda").update_function_configuration(
        FunctionName="watch", Environment={"Variables": {"COLOUR": "red"}}
    ),
    "deletion": lambda: client("lambda").delete_function(FunctionName="watch"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_changed(world: World, change: Callable[[], object]) -> None:
    """The process of a changed or deleted function ends at once, and the next invocation gets the new version."""
    world.deploy(PROCESS)
    pid, _ = listed(world)
    change()
    assert gone(pid)
    if change is CHANGES["deletion"]:
        with pytest.raises(AwsError, match="Function not found"):
            world.invoke()
    else:
        other, count = listed(world)
        assert (other != pid, count) == (True, 1)


def test_the_end() -> None:
    """No process is left when the embedded AWS ends."""
    with opened(Host()) as world:
        world.deploy(PROCESS)
        pid, _ = listed(world)
        assert not gone(pid)
    assert gone(pid)


@pytest.mark.parametrize("does", [None, "time.sleep(60)"], ids=["idle", "busy"])
def test_closed_input(does: str | None) -> None:
    """A process whose sandbox is gone ends by itself, even while its handler runs."""
    variables = {
        "FUNCTION_NAME": "watch",
        "FUNCTION_VERSION": "1",
        "FUNCTION_MEMORY_SIZE": "128",
        "LOG_GROUP_NAME": "g",
        "LOG_STREAM_NAME": "s",
    }
    worker = Worker(archive(watch=ENDS), "watch.handle", {f"AWS_LAMBDA_{name}": v for name, v in variables.items()})
    try:
        worker.invoke({"event": None, "requestId": "r", "functionArn": WATCH}, 30)
        if does is not None:
            worker._send(
                {"event": does, "requestId": "r", "functionArn": WATCH, "timeout": 60, "token": "", "now": None}
            )
            assert worker._output.read(5) == b"begun"
        worker._requests.close()
        psutil.wait_procs([psutil.Process(worker._process.pid)], timeout=10)
        assert not worker.alive
    finally:
        worker.end()


def test_configured_log_group(world: World) -> None:
    """A function logs to its configured log group, which Lambda shows."""
    world.deploy(PROCESS, LoggingConfig={"LogGroup": "/aws/lambda/other"})
    world.invoke()
    assert world.log("/aws/lambda/other") == ["call 1"]
    shown = client("lambda").get_function_configuration(FunctionName="watch")["LoggingConfig"]
    assert shown == {"LogFormat": "Text", "LogGroup": "/aws/lambda/other"}
    client("logs").create_log_group(logGroupName="/aws/lambda/third")
    changed = client("lambda").update_function_configuration(
        FunctionName="watch", LoggingConfig={"LogGroup": "/aws/lambda/third"}
    )
    assert changed["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/third"}
    world.invoke()
    assert world.log("/aws/lambda/third") == ["call 1"]


@pytest.mark.parametrize(("left_out", "lines"), [(None, ["call 1"]), *((one, []) for one in LOGGING["Action"])])
def test_log_without_permission(world: World, left_out: str | None, lines: list[str]) -> None:
    """A function whose role lacks one of the permissions runs, but has no log."""
    allowed = [action for action in LOGGING["Action"] if action != left_out]
    world.allow_watch({**LOGGING, "Action": allowed})
    world.deploy(PROCESS)
    assert world.invoke().lines == ["call 1"]
    groups = client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/watch")["logGroups"]
    assert (world.log() if groups else []) == lines


def test_hooks(world: World) -> None:
    """A hook can fail an invocation before it reaches the handler, and another hook is called for each invocation."""
    seen: list[tuple[str, bool, list[str]]] = []
    world.aws.functions.on_invocation = lambda *told: seen.append(told)
    faults = [StagedEnd("out of order")]
    world.aws.functions.before_invoke = lambda arn: faults.pop() if faults and arn == WATCH else None
    world.deploy(PROCESS)
    failed, good = world.invoke(), world.invoke()
    line, kind = failed.lines
    request_id = line.split()[1]
    assert line == f"RequestId: {request_id} Error: out of order"
    assert failed.error == {"errorType": "Runtime.ExitError", "errorMessage": line}
    assert good.error is None
    assert seen == [(WATCH, True, [line, kind]), (WATCH, False, ["call 1"])]
    assert world.log() == [line, kind, "call 1"]


def test_role_that_lambda_cannot_assume(world: World) -> None:
    """A role whose trust policy does not name Lambda is refused."""
    code, message = refusal(lambda: world.deploy(PROCESS, Role=TASK_ROLE))
    assert (code, message) == (
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
    )
    world.deploy(PROCESS)
    change = {"FunctionName": "watch", "Role": TASK_ROLE}
    assert refusal(lambda: client("lambda").update_function_configuration(**change))[0] == code
