"""The clues to the cause of an alert: words of AWS and of this program, exit codes, and words of a log. Pure.

The words are those of the ECS Developer Guide ("Stopped tasks error messages"), of ECS's API and of EventBridge
Scheduler. A table is read from its top, so that the most telling clue comes first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from aws_facts import stop_codes
from aws_facts.stop_codes import StopCode
from supervision import progress
from watch import claims, classes, invocations, reports, run_kinds

_BETWEEN = re.compile("[:;]")


@dataclass(frozen=True)
class Cause:
    """A likely cause."""

    guess: str | None = None
    rerun_helps: bool | None = None
    """Whether it helps to run the tick again before anything is fixed; None when that is unknown."""


@dataclass(frozen=True)
class Clue:
    """Words that tell a cause."""

    cause: Cause
    all_of: tuple[str, ...] = ()
    """In small letters, as the others. A text that has all of these, and any of those, tells the cause."""
    any_of: tuple[str, ...] = ("",)
    codes: tuple[str, ...] = ()
    """Further ones, which tell the cause where they stand alone: between colons and semicolons."""
    begins: tuple[str, ...] = ("",)
    """The text begins with one of these. What follows may quote words of others, which mean something else there."""

    def is_in(self, text: str) -> bool:
        """Return whether a text in small letters tells the cause."""
        alone = {part.strip(" .") for part in _BETWEEN.split(text)}
        return (
            text.startswith(self.begins)
            and all(word in text for word in self.all_of)
            and (any(word in text for word in self.any_of) or not alone.isdisjoint(self.codes))
        )


OUT_OF_MEMORY = "OutOfMemory"
_DENIED = ("accessdenied", "access denied", "not authorized", "unauthorized")
_UNREACHABLE = (
    "timeout",
    "timed out",
    "deadline",
    "dial tcp",
    "no such host",
    "connection",
    "send request",
    "canceled",
)
TOO_MUCH_MEMORY = Cause(
    "the container used more memory than it is allowed: raise the job's memory, or let the job use less of it",
    rerun_helps=False,
)
_NO_COMMAND = Cause(
    "the image has no such command: compare the job's command with what is in the image", rerun_helps=False
)
_NOT_EXECUTABLE = Cause(
    "the command exists in the image, but is not executable, or was built for another processor architecture",
    rerun_helps=False,
)
_OTHER_PROCESSOR = Cause(
    "the image was built for another processor architecture than the task has: build it for that one", rerun_helps=False
)
_NO_FORMAT = Cause(
    "the image was built for another processor architecture than the task has: build it for that one. A script whose "
    "first line does not name its interpreter (#!) fails in the same way",
    rerun_helps=False,
)
"""ENOEXEC of execve(2)."""

EXIT_CODES = {
    124: Cause("the command ran into the limit of `timeout`, whose exit code this is"),
    126: _NOT_EXECUTABLE,
    127: _NO_COMMAND,
    134: Cause("the program aborted itself (SIGABRT), as it does after an error that it cannot handle"),
    137: Cause(
        "the container was killed (SIGKILL): it used too much memory, or it did not end in time after it was told to"
    ),
    139: Cause("the program crashed (segmentation fault), most often in a native library"),
    143: Cause("the program was told to end (SIGTERM), and AWS does not say by whom"),
}
"""By exit code: 126 and 127 are those of shells and container runtimes, above 128 are those of signals."""

LOG = (
    Clue(
        Cause("a permission is missing, most often in the task role: the log names it", rerun_helps=False),
        any_of=("accessdenied", "is not authorized to perform"),
    ),
    Clue(
        Cause("the task's disk is full: raise its ephemeral storage", rerun_helps=False),
        ("no space left on device",),
    ),
    Clue(_NO_FORMAT, ("exec format error",)),
)

OF_FUNCTION = (
    Clue(
        Cause(
            "Lambda had no free concurrency for the function until its event was too old: look at the reserved "
            "concurrency of the function and at the account's limit",
            rerun_helps=True,
        ),
        (invocations.NEVER_RAN.lower(),),
    ),
    Clue(
        Cause(
            "Lambda did not send how the invocation ended: look at its log before you run it again; the role of the "
            "function may not invoke the watch, or its answer is too large for a record"
        ),
        (invocations.NO_RECORD,),
    ),
    Clue(
        Cause("the function used all its memory: raise its memory, or let it use less of it", rerun_helps=False),
        any_of=("runtime.outofmemory", "signal: killed", "memoryerror"),
    ),
    Clue(
        Cause("the function's code, or a package that it imports, cannot be loaded", rerun_helps=False),
        any_of=("runtime.importmoduleerror", "runtime.handlernotfound", "runtime.usercodesyntaxerror"),
    ),
    Clue(
        Cause("the runtime of the function ended itself: the log shows its last words"),
        any_of=("runtime.exiterror",),
    ),
    Clue(
        Cause("a permission is missing in the role of the function: the error names it", rerun_helps=False),
        any_of=("accessdenied", "is not authorized to perform"),
    ),
)
"""Types of errors are those of Lambda's runtimes (Lambda Developer Guide, "Troubleshoot invocation issues")."""

_LOOK_THERE = "look at the receiver's log before you run it again"
_NO_SERVER = Cause("no server of the receiver was ready, or all were busy", rerun_helps=True)
_UNREACHED = Cause(
    "the receiver cannot be reached: it is down, its address is wrong, or a security group or a route keeps requests "
    "from it"
)
OF_RECEIVER = (
    OF_FUNCTION[0],
    Clue(
        Cause(
            "the receiver took the work, and told no end: its log shows what became of it; it may not reach the "
            "address for the callback"
        ),
        begins=(invocations.NO_CALLBACK,),
    ),
    Clue(
        Cause(
            "nobody told how the request ended: look at its log and at the receiver's before you run it again; the "
            "receiver may have answered 409 though it did not have the work"
        ),
        begins=(invocations.NO_RECORD,),
    ),
    Clue(
        Cause("the receiver wants to tell the end later: set callback_within", rerun_helps=False),
        ("callback_within",),
        begins=("answered 202",),
    ),
    Clue(
        Cause("the receiver says that the work is done, but its answer is too long: let it say less"),
        (" with more than ",),
        begins=("answered 2",),
    ),
    Clue(
        Cause(f"the receiver began to say that the work is done, and its connection ended: {_LOOK_THERE}"),
        begins=("answered 2",),
    ),
    Clue(
        Cause("the address of the receiver is not the one that answers: correct its url", rerun_helps=False),
        begins=("answered 3",),
    ),
    Clue(
        Cause(
            "the receiver does not accept the proof: it must have the secret that the stack names, and the right time",
            rerun_helps=False,
        ),
        begins=("answered 401",),
    ),
    Clue(
        Cause(
            "the receiver does not accept the proof, or a firewall before it refuses the request: the receiver must "
            "have the secret that the stack names",
            rerun_helps=False,
        ),
        begins=("answered 403",),
    ),
    Clue(
        Cause(
            "the receiver has no function of this name, or nothing is at this path: deploy the function there, or "
            "correct the names or the url",
            rerun_helps=False,
        ),
        begins=("answered 404",),
    ),
    Clue(_NO_SERVER, begins=("answered 429", "answered 503")),
    Clue(
        Cause(
            "the receiver, or what stands before it, takes no such request: compare it with what docs/http.md says of "
            "requests",
            rerun_helps=False,
        ),
        begins=("answered 4",),
    ),
    Clue(
        Cause(
            "no server of the receiver was up, or the one that had the request ended amid it, so the work may be done: "
            f"{_LOOK_THERE}"
        ),
        begins=("answered 502",),
    ),
    Clue(
        Cause(
            "a balancer or proxy waited no longer for the receiver, so the work may be done or go on: "
            f"{_LOOK_THERE}; raise that time limit, or let the receiver answer 202 and tell the end later"
        ),
        begins=("answered 504",),
    ),
    Clue(Cause("the work failed in the receiver, whose log shows why"), begins=("answered 5",)),
    Clue(
        Cause(
            "the receiver's certificate is not valid for its address, or nobody known has signed it", rerun_helps=False
        ),
        begins=("the certificate of ",),
    ),
    Clue(
        Cause(
            "what is at the address does not speak TLS, or no version of it that both know: compare the url with what "
            "listens there"
        ),
        begins=("no tls with ",),
    ),
    Clue(_UNREACHED, begins=("no connection to ",)),
    Clue(_UNREACHED, (" is not found",), begins=("the name ",)),
    Clue(
        Cause(f"the server of the receiver ended amid the request, so the work may be done: {_LOOK_THERE}"),
        begins=("the connection ended before",),
    ),
    Clue(
        Cause("what is at the address does not speak HTTP: compare the url with what listens there"),
        begins=("what came is no answer of http",),
    ),
    Clue(
        Cause("the function that sends the requests cannot reach Secrets Manager; no request was sent"),
        begins=("the secret cannot be read: no answer",),
    ),
    Clue(
        Cause(
            "the function that sends the requests may not read the secret, or not use its key: look at the policies of "
            "the secret and of the key, or deploy the jobs again; no request was sent",
            rerun_helps=False,
        ),
        any_of=_DENIED,
        begins=("the secret cannot be read",),
    ),
    Clue(
        Cause(
            "the secret was deleted, or has no value yet: restore it, or store a value, which the next request reads",
            rerun_helps=False,
        ),
        any_of=("resourcenotfound", "marked for deletion", "marked deleted"),
        begins=("the secret cannot be read",),
    ),
    Clue(
        Cause("Secrets Manager did not give the secret of the receiver; no request was sent"),
        begins=("the secret cannot be read",),
    ),
    Clue(
        Cause(
            "the secret of the receiver has another form than it must have: store the right one, which the next "
            "request reads",
            rerun_helps=False,
        ),
        begins=("the secret cannot be used",),
    ),
    Clue(
        Cause(
            "the work takes longer than the request may, and may be done or go on: "
            f"{_LOOK_THERE}; raise the job's timeout, or let the receiver answer 202 and tell the end later"
        ),
        begins=("no answer within ", "task timed out"),
    ),
    Clue(
        Cause(
            f"the function that sends the requests ended by itself, perhaps after it had sent this one: {_LOOK_THERE}"
        ),
        begins=("runtime.",),
    ),
)
"""The words are those of `caller`. A callback has words of the receiver, which may be any."""

_NO_MEMORY = Clue(
    Cause("the job needs more memory than its container has: give the container more, or let the job use less"),
    begins=("memoryerror",),
)
_MISSING_PERMISSION = Clue(
    Cause("a permission is missing in the task role of the service: the error names it", rerun_helps=False),
    any_of=("accessdenied", "is not authorized to perform"),
)
OF_WORKER = (
    Clue(
        Cause(
            "no worker of the service ran or was free, or none may take work: look at the tasks of the service, at "
            "their logs, and at how long the workers are busy; nothing of the run was done",
        ),
        ("no worker took it",),
    ),
    Clue(
        Cause(
            "the workers have no function of this name: deploy the service with it, or correct the job's task",
            rerun_helps=False,
        ),
        begins=("no function is registered",),
    ),
    Clue(
        Cause("the process of the job was killed, most often because its container has too little memory"),
        begins=("killed by sigkill", "the process that guards it was killed"),
    ),
    Clue(EXIT_CODES[134], begins=("killed by sigabrt",)),
    Clue(EXIT_CODES[139], begins=("killed by sigsegv",)),
    Clue(
        Cause("the process of the job was told to end (SIGTERM), but not by its worker"),
        begins=("killed by sigterm",),
    ),
    _NO_MEMORY,
    Clue(
        Cause("the container of the worker has no room for a process more: give it more memory, or let it do less"),
        begins=("the machine has no room for a process",),
    ),
    Clue(
        Cause(
            "a deployment of the service, or its scaling, ended the worker before the run was done", rerun_helps=True
        ),
        begins=("its worker was told to end",),
    ),
    Clue(
        Cause(
            "the worker could not reach DynamoDB, or its container was stopped for a while: look at the log of the "
            "worker, and at the network of the service",
        ),
        begins=("its lease could not be extended",),
    ),
    Clue(
        Cause(
            "the worker was killed or lost its network: by a deployment, for lack of memory, or with its machine; the "
            "events and stopped tasks of the service show which",
        ),
        begins=("its worker has not extended its lease", "its worker has gone"),
    ),
    Clue(
        Cause("SQS did not answer the launch; no worker has begun the run, and none will", rerun_helps=True),
        (progress.UNKNOWN_MESSAGE,),
    ),
    Clue(
        Cause(
            "the table of claims was removed amid the run, with the last job of the stack that workers run; the log of "
            "the worker shows what was done"
        ),
        begins=(claims.NO_CLAIM,),
    ),
    _MISSING_PERMISSION,
)
"""The words are those of the library `worker` and of the claims of workers."""

OF_PROCESS = (
    Clue(
        Cause(
            "the process hung, or the table of claims or Redis did not answer it; it left the rest of its work undone"
        ),
        begins=("its lease was over before the work was done",),
    ),
    Clue(
        Cause("the process ended or lost its network before it could report; its log shows what was done"),
        begins=(reports.NO_REPORT, "its process has not extended its lease"),
    ),
    _NO_MEMORY,
    _MISSING_PERMISSION,
)


EARLIER_MAY_BE_DONE = f"an earlier attempt may have done the work: {_LOOK_THERE}"
OF_KIND = {
    run_kinds.INVOCATION: OF_FUNCTION,
    run_kinds.REQUEST: OF_RECEIVER,
    run_kinds.WORKER_RUN: OF_WORKER,
    run_kinds.PROCESS_RUN: OF_PROCESS,
}
"""What tells why a run ended badly that is no task."""

END_UNKNOWN = Cause(
    "ECS did not learn how the run ended, so it may have done its work: look at its log before you run it again"
)
NO_EXIT_CODE = (Clue(TOO_MUCH_MEMORY, (OUT_OF_MEMORY.lower(),)),)

_NO_ROOM = (
    Clue(
        Cause(
            "no machine of the cluster has what the task asks for: add instances, let the capacity provider scale, or "
            "lower the job's cpu and memory"
        ),
        any_of=("no container instances",),
        codes=("resource",),
    ),
    Clue(
        Cause("the capacity provider has no instances registered with the cluster: look at its Auto Scaling group"),
        any_of=("empty capacity provider", "no active instances"),
    ),
    Clue(
        Cause(
            "no machine of the cluster fits the task definition: compare its processor architecture, volumes and "
            "placement constraints with the instances, and the placement's subnets with their Availability Zones",
            rerun_helps=False,
        ),
        any_of=("placement constraint",),
        codes=("attribute", "location"),
    ),
    Clue(Cause("the ECS agent of a machine of the cluster is not connected"), any_of=(), codes=("agent",)),
)
"""The reasons for which ECS finds no EC2 instance for a task (ECS Developer Guide, "API failure reasons")."""

_NO_WAY = "{what} cannot be reached from the task's subnets: they need a NAT gateway, VPC endpoints, or a public IP"
NOT_STARTED = (
    Clue(
        Cause("the image does not exist, or the execution role is not allowed to pull it", rerun_helps=False),
        ("cannotpull",),
        ("require authorization", "docker login"),
    ),
    Clue(
        Cause("the registry limits how often images are pulled without a login", rerun_helps=True),
        ("cannotpull",),
        ("toomanyrequests", "rate limit"),
    ),
    Clue(
        Cause("the execution role is not allowed to pull the image", rerun_helps=False),
        ("cannotpull",),
        (*_DENIED, "403", "no basic auth", "denied"),
    ),
    Clue(_OTHER_PROCESSOR, ("cannotpull",), ("matching platform", "specified platform", "match for platform")),
    Clue(
        Cause(
            "the image is too large for the task's disk: raise its ephemeral storage",
            rerun_helps=False,
        ),
        ("cannotpull", "no space left"),
    ),
    Clue(
        Cause(
            "the image or its tag does not exist in the registry: push it, or deploy with one that does",
            rerun_helps=False,
        ),
        ("cannotpull",),
        ("not found", "does not exist", "manifest unknown"),
    ),
    Clue(Cause(_NO_WAY.format(what="the registry")), ("cannotpull",), _UNREACHABLE),
    Clue(
        Cause(
            "the image does not exist, the execution role is not allowed to pull it, or the registry cannot be reached"
        ),
        ("cannotpull",),
    ),
    Clue(
        Cause("the log group does not exist: create it, or set awslogs-create-group", rerun_helps=False),
        any_of=("log group does not exist",),
    ),
    Clue(
        Cause("the execution role is not allowed to write to the log group", rerun_helps=False), ("createlog",), _DENIED
    ),
    Clue(Cause(_NO_WAY.format(what="CloudWatch Logs")), ("createlog",), _UNREACHABLE),
    Clue(
        Cause("the log driver could not be set up: look at the log group and its options", rerun_helps=False),
        any_of=("logger args", "logging driver", "log driver"),
    ),
    Clue(
        Cause("the execution role is not allowed to log in to the registry", rerun_helps=False),
        ("getauthorizationtoken",),
        _DENIED,
    ),
    Clue(
        Cause(
            "the execution role is not allowed to use the KMS key of a secret: allow it, or name the key in "
            "secret_keys of the job's image",
            rerun_helps=False,
        ),
        ("secret",),
        ("access to kms", "kms:decrypt"),
    ),
    Clue(
        Cause("a secret of the task definition was deleted: restore it, or deploy with another one", rerun_helps=False),
        ("secret",),
        ("marked for deletion", "marked deleted"),
    ),
    Clue(
        Cause("the execution role is not allowed to read a secret of the task definition", rerun_helps=False),
        ("secret",),
        _DENIED,
    ),
    Clue(
        Cause(
            "a secret of the task definition, or a key in it, does not exist: make it, or deploy with another one",
            rerun_helps=False,
        ),
        ("secret",),
        ("resourcenotfound", "can't find", "cannot find", "not find", "json key", "invalid parameter"),
    ),
    Clue(Cause(_NO_WAY.format(what="Secrets Manager, Systems Manager or the registry")), ("secret",), _UNREACHABLE),
    Clue(
        Cause("ECS could not read the secrets of the task definition, or log in to the registry", rerun_helps=False),
        ("resourceinitialization", "secret"),
    ),
    Clue(
        Cause("the file system could not be mounted: look at its mount targets, security groups and policy"),
        any_of=("efs utils", "efs-utils", "cannotcreatevolume"),
    ),
    Clue(
        Cause("ECS cannot use the role that makes the volumes of tasks: python -m ops doctor says why"),
        ("ecs infrastructure role",),
    ),
    Clue(
        Cause("the volume of EBS could not be made: look at its KMS key, and at the file system of its snapshot"),
        any_of=("set up the ebs volume", "ebs volume attachment"),
    ),
    Clue(
        Cause(
            "a container that this one waits for did not do its work, or did not become healthy: look at its log with "
            "python -m ops logs --all-containers"
        ),
        ("container ordering dependency",),
    ),
    Clue(
        Cause("the subnets have no free addresses, or the account has no free network interfaces", rerun_helps=False),
        any_of=("insufficientfreeaddresses", "privateipaddresslimit", "networkinterfacelimit", "free addresses"),
    ),
    Clue(
        Cause("AWS did not provide the network interface or the disk of the task in time", rerun_helps=True),
        ("timeout waiting for",),
    ),
    Clue(Cause("AWS had no capacity for the task", rerun_helps=True), any_of=("capacity is unavailable",)),
    Clue(
        Cause(
            "neither the job nor its image says what to run: set the command of the job, or CMD in the image",
            rerun_helps=False,
        ),
        any_of=("args must not be empty", "no command specified"),
    ),
    Clue(_NO_COMMAND, any_of=("executable file not found", "no such file or directory")),
    Clue(_NO_FORMAT, ("exec format error",)),
    Clue(_NOT_EXECUTABLE, ("cannotstart", "permission denied")),
    Clue(
        Cause("Step Functions stopped the run, because its execution timed out, failed or was aborted"),
        ("aws step functions execution",),
    ),
    *_NO_ROOM,
)
SOMETHING_LACKS = Cause(
    "the container lacks something that it needs to start: its image, secrets, log group or network"
)

_DEPLOY = "deploy the jobs again"
_OF_ANY_LAUNCH = (
    Clue(
        Cause("a deployment took the job's limits away before the tick began", rerun_helps=True),
        (progress.DIRECT,),
    ),
    Clue(
        Cause("ECS did not answer the launch, so the tick may have run: look for its effects, or its log"),
        (progress.UNKNOWN,),
    ),
    Clue(
        Cause(
            "Lambda did not answer the invocation, and sent no record of its end, so the function may have run: look "
            "for its effects, or its log"
        ),
        (progress.UNKNOWN_INVOCATION,),
    ),
    Clue(
        Cause("SQS did not answer the launch, and nobody could withdraw it, so a worker may have done the work"),
        (progress.UNKNOWN_MESSAGE,),
    ),
    Clue(
        Cause(f"the supervisor is not allowed to assume the launch role: {_DEPLOY}", rerun_helps=False),
        ("sts:assumerole",),
        _DENIED,
    ),
    Clue(
        Cause(f"the launch role is not allowed to invoke the function: {_DEPLOY}", rerun_helps=False),
        ("lambda:invokefunction",),
        _DENIED,
    ),
    Clue(
        Cause(
            f"the launch role is not allowed to send to the queue that the error names: {_DEPLOY}", rerun_helps=False
        ),
        ("sqs:sendmessage",),
        _DENIED,
    ),
)
_ERROR_OF_AWS = Clue(
    Cause("AWS had an error of its own", rerun_helps=True),
    any_of=(
        "internalserver",
        "serverexception",
        "serviceexception",
        "serviceunavailable",
        "internal error",
        "internalfailure",
    ),
)
NOT_LAUNCHED = (
    *_OF_ANY_LAUNCH,
    Clue(
        Cause(
            "the newest revision of the task definition has a role that the launch role is not allowed to pass: "
            f"{_DEPLOY}",
            rerun_helps=False,
        ),
        ("passrole",),
        _DENIED,
    ),
    Clue(
        Cause(
            "ECS may not assume the task role or the execution role: look at the role's trust policy", rerun_helps=False
        ),
        any_of=("unable to assume the role",),
    ),
    Clue(
        Cause(
            f"the launch role is not allowed to launch this task definition on this cluster: {_DEPLOY}",
            rerun_helps=False,
        ),
        any_of=_DENIED,
    ),
    Clue(
        Cause(
            "too many tasks were launched at the same time: spread the schedules, or give them a window",
            rerun_helps=True,
        ),
        any_of=("throttl", "toomanyrequests", "rate exceeded", "limitexceeded"),
    ),
    Clue(Cause("the cluster no longer exists", rerun_helps=False), any_of=("clusternotfound", "cluster not found")),
    Clue(
        Cause("the task definition has no active revision", rerun_helps=False),
        ("task definition",),
        ("inactive", "not found", "does not exist", "unable to describe"),
    ),
    Clue(
        Cause("ECS knows the launch's client token with another request, so the tick may have run"),
        ("conflictexception",),
    ),
    _ERROR_OF_AWS,
    Clue(
        Cause(
            f"ECS does not accept the request, for example because a subnet or a security group is gone: {_DEPLOY}",
            rerun_helps=False,
        ),
        any_of=("invalidparameter", "clientexception", "validationexception", "invalidrequest"),
    ),
    *_NO_ROOM,
)

_WAITED = Cause(
    "the launch had to wait too long: for another tick, a lock or capacity, or because messages came late",
    rerun_helps=True,
)
_UNCLAIMED = Cause(
    "no process of the service began the tick: none ran, its own schedule has other times, or all of them failed "
    "before they claimed it"
)
TOO_LATE = (
    Clue(_WAITED, ("waiting for the ",)),  # the names in it are no words of AWS
    Clue(
        Cause(
            "the service's deployment took until the start deadline, or did not succeed: look at the service, or set "
            "start_deadline longer than a deployment takes",
        ),
        ("deployment of the service ",),
    ),
    Clue(
        Cause(
            "the tick runs the revision of a service that is gone, or that has no rolling deployments: look at the "
            "placement and at run_revision",
            rerun_helps=False,
        ),
        ("the service ",),
        ("does not exist", "deployment controller"),
    ),
    *NOT_LAUNCHED,
)

_CAME_LATE = Cause(
    "the launch had to wait too long: for another tick or a lock, or because messages came late", rerun_helps=True
)
NOT_HANDED_OVER = (
    *_OF_ANY_LAUNCH,
    Clue(
        Cause("too many runs were launched at the same time: spread the schedules", rerun_helps=True),
        any_of=("throttl", "toomanyrequests", "rate exceeded", "limitexceeded"),
    ),
    Clue(
        Cause(
            f"the launch role may not use the key of the queue, or the key is gone or disabled: {_DEPLOY}, or look at "
            "the key",
            rerun_helps=False,
        ),
        any_of=("kms",),
    ),
    Clue(
        Cause(f"the launch role lacks the permission that the error names: {_DEPLOY}", rerun_helps=False),
        any_of=_DENIED,
    ),
    Clue(
        Cause(f"a queue or the function that the launch needs is gone: {_DEPLOY}", rerun_helps=False),
        any_of=("nonexistentqueue", "queuedoesnotexist", "resourcenotfound"),
    ),
    _ERROR_OF_AWS,
)
"""Of launches that are no tasks: invocations, and messages to workers."""

OF_LAUNCH = {classes.NOT_LAUNCHED: NOT_LAUNCHED, classes.TOO_LATE: TOO_LATE}
OF_HANDING_OVER = {
    classes.NOT_LAUNCHED: NOT_HANDED_OVER,
    classes.TOO_LATE: (
        Clue(_UNCLAIMED, (progress.UNCLAIMED,)),
        Clue(_CAME_LATE, ("waiting for the ",)),
        *NOT_HANDED_OVER,
    ),
}
"""By class, for tasks and for all other kinds of runs."""

TAKEN_AWAY = Cause("AWS took the capacity away", rerun_helps=True)
INTERRUPTED = (
    Clue(
        Cause("AWS took the Spot capacity back", rerun_helps=True),
        any_of=(StopCode.SPOT_INTERRUPTION.lower(), "spot task"),
    ),
    Clue(
        Cause("the machine under the task became unhealthy", rerun_helps=True),
        (StopCode.INFRASTRUCTURE_HEALTH.lower(),),
    ),
    Clue(
        Cause("AWS replaced the platform under the task, as it announces by mail", rerun_helps=True),
        (stop_codes.MAINTENANCE.lower(),),
    ),
    Clue(Cause("AWS replaced the managed instance under the task", rerun_helps=True), (stop_codes.DRAINING.lower(),)),
    Clue(Cause("the machine under the task was shut down", rerun_helps=True), (stop_codes.LOST_HOST.lower(),)),
    Clue(
        Cause("the machine under the task was taken out of the cluster", rerun_helps=True),
        (stop_codes.DEREGISTERED.lower(),),
    ),
)

NEW_REVISION = Cause(
    f"a revision was registered after the jobs were deployed: {_DEPLOY}, or register a corrected revision",
    rerun_helps=False,
)
WILL_NOT_LAUNCH = (
    Clue(
        Cause("every revision of the task definition was deregistered: register one", rerun_helps=False),
        ("no active revision",),
    ),
)

NO_LIMIT = "it has no time limit: it runs until it ends or somebody stops it"
TAKES_LONG = "the run takes longer than the deadline allows"
LIMIT_OF_FUNCTION = "Lambda ends it at the time limit of the function"
LIMIT_OF_REQUEST = "it counts as failed if nobody tells its end within {} of the request"
LIMIT_OF_PROCESS = "nobody can stop it from here"
HANGS = "the run hangs, or has far more to do than usual"
NOT_YET_STARTED = Cause("the task of the run has not started yet")
NOT_YET_TAKEN = Cause("no worker has taken the run yet")
NOT_YET_CLAIMED = Cause("no process has claimed the tick yet; it is too late at its start deadline")
STILL_WAITS = Cause("no run has begun; the supervisor launches one until the start deadline of the tick")
MAY_STILL_LAUNCH = Cause(
    "no run has begun; Scheduler may still launch one, because the window is open or it repeats the launch"
)
_NOT_THERE = Cause(
    "EventBridge Scheduler did not launch the run, its launch was refused, or ECS had no capacity: the check shows "
    "which, after up to 15 minutes",
    rerun_helps=True,
)

_NOT_DELIVERED = Cause(
    "EventBridge Scheduler did not deliver the tick, or the supervisor could not begin it: its log shows which",
    rerun_helps=True,
)
_REFUSED = Cause("the launch role lacks a permission, or what runs the job is gone")
BY_KIND = {
    **{(kind, class_): _NOT_DELIVERED for kind in OF_KIND for class_ in (classes.MISSED, classes.NOT_DONE)},
    **{(kind, classes.NOT_LAUNCHED): _REFUSED for kind in OF_KIND},
    **{(kind, classes.TOO_LATE): _CAME_LATE for kind in OF_KIND},
    **{(run_kinds.PROCESS_RUN, one): _UNCLAIMED for one in (classes.MISSED, classes.NOT_DONE, classes.TOO_LATE)},
    **{(kind, classes.STOPPED): Cause() for kind in OF_KIND},
    (run_kinds.WORKER_RUN, classes.INTERRUPTED): Cause("the worker ended before the run was done"),
    (run_kinds.PROCESS_RUN, classes.INTERRUPTED): Cause("the process ended before its work was done"),
}
"""By kind of run and class, where the cause is another one than that of tasks."""

BY_CLASS = {
    classes.MISSED: _NOT_THERE,
    classes.NOT_DONE: _NOT_THERE,
    classes.NOT_LAUNCHED: Cause(
        "the launch role lacks a permission, or something that the schedule names, such as its cluster, is gone"
    ),
    classes.TOO_LATE: _WAITED,
    classes.TIMED_OUT: Cause("the run hangs, or has far more to do than its time limit allows"),
    classes.STOPPED: Cause("somebody called StopTask; CloudTrail shows who, up to 15 minutes after the call"),
    classes.DRIFTED: Cause(
        f"somebody deleted or changed the schedule by hand, or a deployment failed half-way: {_DEPLOY}"
    ),
}
