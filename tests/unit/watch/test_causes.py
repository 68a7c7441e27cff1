"""The likely cause of each class, and whether a rerun can help before anything is fixed."""

from __future__ import annotations

import pytest

from tests.unit.watch.told import TEXT, nightly
from watch import causes, classes, clues
from watch.records import Run


def run(exit_code: int | None = None, stop_code: str = "EssentialContainerExited", suspects: str = "") -> Run:
    """Return an ended run."""
    return Run(nightly().arn, 3, "STOPPED", exit_code=exit_code, stop_code=stop_code, suspects=suspects)


MEMORY = "OutOfMemoryError: Container killed due to memory usage"
FAILED: dict[str, tuple[Run, str, list[str], str | None, bool | None]] = {
    # the run, AWS's reason, the last lines of the log, words of the cause, and whether a rerun helps
    "out of memory": (
        run(137),
        f"Essential container in task exited: {MEMORY}",
        [],
        "more memory than it is allowed",
        False,
    ),
    "a process out of memory": (run(1), MEMORY, [], "more memory than it is allowed", False),
    "killed": (run(137), "Essential container in task exited", [], "was killed (SIGKILL)", None),
    "segmentation fault": (run(139), "", [], "crashed (segmentation fault)", None),
    "abort": (run(134), "", [], "aborted itself", None),
    "terminated": (run(143), "", [], "told to end (SIGTERM)", None),
    "not executable": (run(126), "", [], "is not executable", False),
    "no command": (run(127), "", [], "has no such command", False),
    "timeout": (run(124), "", [], "limit of `timeout`", None),
    "of the job": (run(3), "Essential container in task exited", ["no rate for today"], None, None),
    "permission": (
        run(1),
        "",
        ["botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the PutObject operation"],
        "a permission is missing",
        False,
    ),
    "disk": (run(1), "", ["OSError: [Errno 28] No space left on device"], "disk is full", False),
    "processor": (run(255), "", ["exec /usr/bin/python: exec format error"], "build it for that one. A script", False),
    "signal before the log": (run(139), "", ["AccessDenied"], "crashed", None),
    "sidecar": (
        run(143, suspects="the container 'proxy' (exit code 1)"),
        "",
        [],
        "'proxy' (exit code 1) probably ended first: when an essential container ends, ECS stops the others. python",
        None,
    ),
    "Step Functions": (
        run(143, "UserInitiated"),
        "The Task state in AWS Step Functions execution [arn] which was managing this resource was aborted",
        [],
        "Step Functions stopped the run",
        None,
    ),
    "not inspected": (run(), "CannotInspectContainerError: timed out", [], "may have done its work", None),
    "forgotten": (run(None, ""), "ECS no longer knows the task", [], "may have done its work", None),
}


@pytest.mark.parametrize(("ended", "reason", "lines", "words", "helps"), FAILED.values(), ids=FAILED)
def test_of_a_failure(ended: Run, reason: str, lines: list[str], words: str | None, helps: bool | None) -> None:  # noqa: FBT001
    """The exit code, AWS's reason and the log tell the cause of a failure."""
    cause = causes.of(classes.FAILED, ended, reason, lines, TEXT)
    assert (cause.guess is None) if words is None else (words in str(cause.guess))
    assert cause.rerun_helps is helps


PULL = "CannotPullContainerError: pull image manifest has been retried 5 time(s): "
SECRETS = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
LOGGER = "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
NOT_STARTED: dict[str, tuple[str, str, bool | None]] = {
    # AWS's reason, words of the cause, and whether a rerun helps (ECS Developer Guide, "Stopped tasks error messages")
    "no tag": (
        PULL + "failed to resolve ref 1.dkr.ecr.eu.amazonaws.com/app:v9: v9: not found",
        "does not exist in the registry: push it",
        False,
    ),
    "no login": (
        PULL + "pull access denied for app, repository does not exist or may require 'docker login': denied",
        "is not allowed to pull it",
        False,
    ),
    "no permission to pull": (
        PULL + "unexpected status: 403 Forbidden",
        "execution role is not allowed to pull",
        False,
    ),
    "rate limit": (PULL + "429 Too Many Requests - toomanyrequests: You have reached your rate limit", "limits", True),
    "no way to the registry": (PULL + "dial tcp 10.0.0.1:443: i/o timeout", "NAT gateway, VPC endpoints", None),
    "name of a platform": (PULL + "failed to resolve ref acme/platform-web:1: not found", "does not exist", False),
    "architecture": (
        "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'",
        "processor architecture",
        False,
    ),
    "disk": (PULL + "write /var/lib: no space left on device", "too large for the task's disk", False),
    "some pull": ("CannotPullContainerError: something new", "does not exist, the execution role is not allowed", None),
    "no log group": (
        LOGGER + "failed to create Cloudwatch log stream: operation error CloudWatch Logs: CreateLogStream, "
        "ResourceNotFoundException: The specified log group does not exist.",
        "log group does not exist",
        False,
    ),
    "no permission to log": (
        LOGGER + "CreateLogStream, AccessDeniedException: User is not authorized to perform: logs:CreateLogStream",
        "is not allowed to write to the log group",
        False,
    ),
    "no way to the logs": (
        LOGGER + "CreateLogStream, dial tcp: i/o timeout",
        "CloudWatch Logs cannot be reached",
        None,
    ),
    "some log driver": ("CannotStartContainerError: failed to initialize logging driver: x", "log driver", False),
    "no login to the registry": (
        SECRETS + "unable to retrieve ecr registry auth: AccessDeniedException: ecr:GetAuthorizationToken",
        "is not allowed to log in to the registry",
        False,
    ),
    "no permission to read": (
        SECRETS + "unable to retrieve secret from asm: AccessDeniedException: User is not authorized to perform: "
        "secretsmanager:GetSecretValue",
        "is not allowed to read a secret",
        False,
    ),
    "no secret": (
        SECRETS + "unable to retrieve secret from asm: ResourceNotFoundException: Secrets Manager can't find it",
        "does not exist",
        False,
    ),
    "a deleted secret": (
        SECRETS + "unable to retrieve secret from asm: InvalidRequestException: You can't perform this operation on "
        "the secret because it was marked for deletion.",
        "was deleted",
        False,
    ),
    "no permission to decrypt": (
        SECRETS + "unable to retrieve secret from asm: AccessDeniedException: Access to KMS is not allowed",
        "the KMS key of a secret",
        False,
    ),
    "no way to the secrets": (
        SECRETS + "unable to retrieve secret from asm: context deadline exceeded",
        "reached",
        None,
    ),
    "some secret": (SECRETS + "something new", "could not read the secrets", False),
    "file system": (
        "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes",
        "file system could not be mounted",
        None,
    ),
    "infrastructure role": (
        (
            "ECS was unable to assume the configured ECS Infrastructure Role 'arn:aws:iam::111122223333:role/v'. "
            "Please verify that the role being passed has the proper trust relationship with Amazon ECS"
        ),
        "cannot use the role that makes the volumes",
        None,
    ),
    "volume of EBS": ("ECS failed to set up the EBS volume. Encountered IdempotentParameterMismatch", "KMS key", None),
    "volume of EBS in time": (
        "ECS timed out while configuring the EBS volume attachment to your Task",
        "snapshot",
        None,
    ),
    "a sidecar before it": (
        (
            "CannotStartContainerError: dependency graph: failed to resolve container ordering dependency "
            "[migrate(m:1) (STOPPED->RUNNING) - Exit: 1] for target [job(j:1) (NONE->RUNNING)] as dependency did not "
            "exit successfully."
        ),
        "--all-containers",
        None,
    ),
    "no address": (
        "Unexpected EC2 error while attempting to Create Network Interface: InsufficientFreeAddressesInSubnet",
        "no free addresses",
        False,
    ),
    "network in time": ("Timeout waiting for network interface provisioning to complete.", "in time", True),
    "disk in time": ("Timeout waiting for EphemeralStorage provisioning to complete.", "in time", True),
    "capacity": ("Capacity is unavailable at this time. Please try again later", "no capacity", True),
    "machines": ("RESOURCE:MEMORY", "no machine of the cluster has", None),
    "machines, as a code": ("TaskFailedToStart: RESOURCE:ENI", "no machine of the cluster has", None),
    "no machines": ("EMPTY CAPACITY PROVIDER", "look at its Auto Scaling group", None),
    "no active machines": ("NO ACTIVE INSTANCES", "look at its Auto Scaling group", None),
    "other machines": ("ATTRIBUTE", "no machine of the cluster fits", False),
    "constraint": ("MemberOf placement constraint unsatisfied", "no machine of the cluster fits", False),
    "agent": ("AGENT", "is not connected", None),
    "no command": (
        'CannotStartContainerError: exec: "manage.py": executable file not found in $PATH',
        "has no such command",
        False,
    ),
    "nothing to run": (
        "CannotStartContainerError: ResourceInitializationError: OCI runtime create failed: args must not be empty",
        "set the command of the job, or CMD in the image",
        False,
    ),
    "nothing to run, as Docker says it": (
        "CannotCreateContainerError: Error response from daemon: no command specified",
        "neither the job nor its image says what to run",
        False,
    ),
    "not executable": ("CannotStartContainerError: exec /run.sh: permission denied", "is not executable", False),
    "agent, as a code": ("TaskFailedToStart: AGENT", "is not connected", None),
    "agent in a name": ("TaskFailedToStart: ran acme/cloudwatch-agent:1", "lacks something that it needs", None),
    "allocation": (
        "CannotStartContainerError: OCI runtime create failed: memory allocation failed",
        "lacks something that it needs",
        None,
    ),
    "denial of something": (
        "ResourceInitializationError: User is not authorized to perform: ssm:New on resource: arn:aws:ssm:x",
        "lacks something that it needs",
        None,
    ),
    "something else": ("Task failed to start", "lacks something that it needs to start", None),
    "nothing": ("", "lacks something that it needs to start", None),
}


@pytest.mark.parametrize(("reason", "words", "helps"), NOT_STARTED.values(), ids=NOT_STARTED)
def test_of_a_run_that_did_not_start(reason: str, words: str, helps: bool | None) -> None:  # noqa: FBT001
    """AWS's reason tells the cause; there always is one."""
    cause = causes.of(classes.NOT_STARTED, run(None, "TaskFailedToStart"), reason, [], TEXT)
    assert words in str(cause.guess)
    assert cause.rerun_helps is helps


NOT_LAUNCHED: dict[str, tuple[str, str, bool | None]] = {
    "role": (
        "AccessDeniedException: not authorized to perform: iam:PassRole on resource: x",
        "is not allowed to pass",
        False,
    ),
    "session": (
        "AssumeRole: AccessDenied: User: x is not authorized to perform: sts:AssumeRole on resource: y",
        "the supervisor is not allowed to assume the launch role",
        False,
    ),
    "trust": (
        "RunTask: ClientException: ECS was unable to assume the role 'arn' that was provided for this task.",
        "ECS may not assume the task role or the execution role",
        False,
    ),
    "launch": ("AccessDeniedException: not authorized to perform: ecs:RunTask", "is not allowed to launch", False),
    "throttled": ("ThrottlingException: Rate exceeded", "at the same time", True),
    "cluster": ("ClusterNotFoundException: Cluster not found.", "cluster no longer exists", False),
    "definition": ("ClientException: TaskDefinition is inactive (task definition web)", "no active revision", False),
    "token": ("ConflictException: token was used with other parameters", "may have run", None),
    "AWS": ("ServerException: Service Unavailable", "error of its own", True),
    "request": ("InvalidParameterException: The subnet ID 'subnet-0a' does not exist", "does not accept", False),
    "no longer supervised": ("the job is no longer supervised", "took the job's limits away", True),
    "no answer": ("it is unknown whether a task was started; ServerException: x", "may have run", None),
    "machines": ("LOCATION", "Availability Zones", False),
    "several machines": ("ATTRIBUTE: ecs.os-type; AGENT", "fits the task definition", False),
    "location in words": ("RunTask: the location is not known", "launch role lacks a permission, or something", None),
    "no code": ("", "launch role lacks a permission, or something", None),
}
TOO_LATE: dict[str, tuple[str, str, bool | None]] = {
    "refused": ("RunTask: AccessDeniedException: not authorized to perform: ecs:RunTask", "is not allowed", False),
    "throttled": ("RunTask: ThrottlingException: Rate exceeded", "at the same time", True),
    "lock": ("waiting for the lock orders, held by the tick 2027-01-04T02:00:00Z of web", "wait too long", True),
    "names": ("waiting for the lock throttle, held by the tick x of timeout", "had to wait too long", True),
    "capacity": ("Capacity is unavailable at this time", "wait too long: for another tick, a lock or capacity", True),
    "machines": ("RESOURCE:CPU; RESOURCE:MEMORY", "no machine of the cluster has", None),
    "deployment": ("a deployment of the service throttle is in progress", "set start_deadline longer", None),
    "failed deployment": ("the deployment of the service web is FAILED", "did not succeed", None),
    "no service": ("the service web does not exist", "a service that is gone", False),
    "controller": ("the service web has a deployment controller other than ECS", "no rolling deployments", False),
    "late": ("", "had to wait too long", True),
}


@pytest.mark.parametrize(("reason", "words", "helps"), NOT_LAUNCHED.values(), ids=NOT_LAUNCHED)
def test_of_a_dead_letter(reason: str, words: str, helps: bool | None) -> None:  # noqa: FBT001
    """The error of the launch tells the cause."""
    cause = causes.of(classes.NOT_LAUNCHED, None, reason, [], TEXT)
    assert words in str(cause.guess)
    assert cause.rerun_helps is helps


@pytest.mark.parametrize(("reason", "words", "helps"), TOO_LATE.values(), ids=TOO_LATE)
def test_of_a_tick_that_is_too_late(reason: str, words: str, helps: bool | None) -> None:  # noqa: FBT001
    """What AWS has refused until the deadline tells the cause; otherwise the tick had to wait."""
    cause = causes.of(classes.TOO_LATE, None, reason, [], TEXT)
    assert words in str(cause.guess)
    assert cause.rerun_helps is helps


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        ("SpotInterruption", "Your Spot Task was interrupted.", "Spot capacity"),
        ("TerminationNotice", "Your Spot Task was interrupted.", "Spot capacity"),
        ("TerminationNotice", "Host EC2 (instance i-0a) terminated.", "shut down"),
        ("", "Host EC2 (instance i-0a) stopped.", "shut down"),
        ("", "Container instance deregistration forced by user", "out of the cluster"),
        ("InfrastructureHealth", "", "unhealthy"),
        ("", "ECS is performing maintenance on the underlying infrastructure hosting the task", "platform"),
        ("", "Task stopped during instance draining", "managed instance"),
        ("TerminationNotice", "", "took the capacity away"),
    ],
)
def test_of_an_interruption(code: str, reason: str, words: str) -> None:
    """Each kind of interruption has its words, and a rerun helps at once."""
    cause = causes.of(classes.INTERRUPTED, run(137, code), reason, [], TEXT)
    assert words in str(cause.guess)
    assert cause.rerun_helps is True


@pytest.mark.parametrize("class_", sorted({*classes.TROUBLES} - {classes.FAILED}))
def test_every_other_class_has_a_cause(class_: str) -> None:
    """A class whose cause AWS does not tell has the common one; only a job's own exit code may have none."""
    assert causes.of(class_, None, "", [], TEXT).guess


@pytest.mark.parametrize(
    ("started", "words"),
    [
        (None, "the task of the run has not started yet"),
        ("2027-01-04T02:00:10Z", f"the run takes longer than the deadline allows; {clues.NO_LIMIT}"),
        ("2027-01-04T02:05:00Z", f"the run takes longer than the deadline allows; {clues.NO_LIMIT}"),
        ("2027-01-04T02:05:01Z", f"the run began 5 minutes after the tick; {clues.NO_LIMIT}"),
        ("2027-01-04T03:12:59Z", f"the run began 1 hour 12 minutes after the tick; {clues.NO_LIMIT}"),
    ],
)
def test_of_a_run_that_is_not_done(started: str | None, words: str) -> None:
    """A run is said to have begun late only if it did."""
    going_on = Run(nightly().arn, 2, "RUNNING", started=started)
    assert causes.of(classes.NOT_DONE, going_on, "", [], TEXT) == clues.Cause(words)


@pytest.mark.parametrize("outcome", [classes.FAILED, classes.STOPPED, classes.INTERRUPTED])
def test_of_a_tick_that_is_not_done_and_not_running(outcome: str) -> None:
    """A run that ended before the deadline has the cause of its end."""
    ended = run(127)
    ended.outcome = outcome
    assert causes.of(classes.NOT_DONE, ended, "", [], TEXT) == causes.of(outcome, ended, "", [], TEXT)


def test_of_a_recovery() -> None:
    """A recovery has no cause."""
    assert causes.of(classes.RECOVERED, run(0), TEXT, [], TEXT) == clues.Cause()
