"""A small account on the embedded AWS: a team's resources, a launch role, and the calls that tests repeat."""

from __future__ import annotations

import functools
import io
import json
import threading
import zipfile
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from moto import mock_aws
from werkzeug.serving import make_server

from emulator.embedded_aws import EmbeddedAws
from emulator.gateway.connections import KeepAliveHandler
from emulator.gateway.moto_application import moto_application
from emulator.iam.credentials import Credentials
from emulator.iam.identities import Identities
from emulator.scheduler.scheduler import Scheduler
from emulator.timekeeping.clock import Clock
from emulator.timekeeping.timeline import Timeline
from sandbox import environment
from sandbox.naming import naming
from tests.credentials import SESSION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from emulator.ecs.task import Task
    from emulator.ecs.tasks import Host as Runs
    from emulator.ecs.tasks import Listener
    from emulator.lambda_.replies import Reply

ACCOUNT = "123456789012"
REGION = "eu-central-1"
START = datetime(2027, 1, 4, tzinfo=UTC)
"""A Monday, at midnight."""
GROUP = "jobs-test"
GROUP_ARN = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/{GROUP}"
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/main"
DEFINITION = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/app:1"
LAUNCH_ROLE = f"arn:aws:iam::{ACCOUNT}:role/launch"
TASK_ROLE = f"arn:aws:iam::{ACCOUNT}:role/task"
WATCH = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:watch"
WATCH_ROLE = f"arn:aws:iam::{ACCOUNT}:role/watch"
DEAD = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
RUN_TASK = "arn:aws:scheduler:::aws-sdk:ecs:runTask"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"]}}
APP: dict[str, Any] = {
    "name": "app",
    "image": "registry.example.com/team/app:1.0",
    "memory": 512,
    "command": ["true"],
    "environment": [{"name": "COLOUR", "value": "red"}, {"name": "SIZE", "value": "small"}],
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/app", "awslogs-region": REGION, "awslogs-stream-prefix": "ecs"},
    },
}
PROXY = {"name": "proxy", "image": "registry.example.com/proxy:1.0", "memory": 128, "essential": False}
INPUT: dict[str, Any] = {
    "Cluster": CLUSTER,
    "TaskDefinition": "app",
    "LaunchType": "FARGATE",
    "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": ["subnet-1"], "SecurityGroups": ["sg-1"]}},
    "Overrides": {
        "ContainerOverrides": [
            {"Name": "app", "Environment": [{"Name": "JOB_SCHEDULED_TIME", "Value": "<aws.scheduler.scheduled-time>"}]}
        ]
    },
    "Tags": [{"Key": "job", "Value": "report"}],
}
POLICY: dict[str, dict[str, Any]] = {
    "RunTask": {
        "Effect": "Allow",
        "Action": "ecs:RunTask",
        "Resource": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/app:*",
        "Condition": {"ArnEquals": {"ecs:cluster": CLUSTER}},
    },
    "PassRole": {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": TASK_ROLE,
        "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
    },
    "TagResource": {
        "Effect": "Allow",
        "Action": "ecs:TagResource",
        "Resource": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/main/*",
        "Condition": {"StringEquals": {"ecs:CreateAction": "RunTask"}},
    },
    "SendMessage": {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": DEAD},
}

LOGGING: dict[str, Any] = {
    "Effect": "Allow",
    "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/*",
}

OF_LAMBDA = ("START RequestId: ", "END RequestId: ", "REPORT RequestId: ")
"""The beginnings of the lines that Lambda itself writes to a function's log."""


def document(*statements: Mapping[str, Any]) -> str:
    """Return a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(group_arn: str = GROUP_ARN, service: str = "scheduler.amazonaws.com") -> str:
    """Return the trust policy of a launch role."""
    condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": group_arn}}
    return document(
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", "Condition": condition}
    )


def trusting(service: str) -> str:
    """Return the trust policy of a role that a service may assume for everything."""
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def service_may(service: str, action: str, resource: str) -> str:
    """Return a resource policy that lets a service act."""
    return document({"Effect": "Allow", "Principal": {"Service": service}, "Action": action, "Resource": resource})


@functools.cache
def client(service: str) -> Any:  # noqa: ANN401 - as boto3 gives it; the services have no type in common
    """Return a cached client without its own validation, so that a request reaches AWS's checks."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - known to no account
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}, proxies={}),
    )


def client_as(keys: Credentials, service: str) -> Any:  # noqa: ANN401 - see above
    """Return a client with the credentials of a role."""
    return boto3.client(
        service,  # type: ignore[call-overload]
        region_name=REGION,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        aws_session_token=keys.token,
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}, proxies={}),
    )


def assumed(client: Any, role: str, **given: Any) -> Credentials:  # noqa: ANN401 - see above, and members of a request
    """Return the credentials that AssumeRole answers to a client of STS."""
    keys = client.assume_role(**{"RoleArn": role, "RoleSessionName": "test", **given})["Credentials"]
    return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def refusal(call: Callable[[], object]) -> tuple[str, str]:
    """Return the error code and the message of a refused call."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError("nothing was refused")


def archive(**modules: str) -> bytes:
    """Return a zip file of modules, as a function's code."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as file:
        for name, text in modules.items():
            file.writestr(f"{name}.py", text)
    return code.getvalue()


@dataclass
class Host:
    """A host that runs no container: tasks end at once, or when a test ends them."""

    exit_code: int | None = 0
    """None has tasks run on."""
    started: list[Task] = field(default_factory=list)

    def prepare(self, task: Task) -> str | None:
        """Need nothing."""

    def start(self, task: Task, listener: Listener) -> None:
        """Run the task, and end it."""
        self.started.append(task)
        listener.running(task)
        if self.exit_code is not None:
            self.end(task, listener, self.exit_code)

    def stop(self, task: Task) -> None:
        """Do nothing."""

    def kill(self, task: Task) -> None:
        """Do nothing."""

    @staticmethod
    def end(task: Task, listener: Listener, exit_code: int) -> None:
        """End the task."""
        task.exited(exit_code, datetime.now(UTC))
        listener.ended(task)


@contextmanager
def served() -> Iterator[dict[str, str]]:
    """Let processes call the account in this process, and return the environment for them."""
    app = moto_application()
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=KeepAliveHandler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield environment.aws_environment(f"http://127.0.0.1:{server.server_port}", REGION, SESSION)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def opened(host: Runs, start: datetime | None = START, variables: Mapping[str, str] | None = None) -> Iterator[World]:
    """Open an account whose clock stands still unless `start` is None; `variables` are those of functions."""
    with mock_aws(), closing(Clock(start)) as clock:
        aws = EmbeddedAws(ACCOUNT, host, variables or {}, Identities(SESSION), naming())
        with aws.installed():
            made = World(aws, clock, host)
            made.build()
            yield made


@dataclass
class World:
    """The account, with a clock that stands still."""

    aws: EmbeddedAws
    clock: Clock
    host: Any

    def __post_init__(self) -> None:
        """Create the account's scheduler and its timeline."""
        self.scheduler = Scheduler(ACCOUNT, self.clock, self.aws.tasks, self.aws.send_dead_letter, self.aws.metrics)
        self.timeline = Timeline(self.clock, [self.scheduler, *self.aws.sources], lambda: None)

    def build(self) -> None:
        """Create a team's resources: cluster, task definition, log group, roles, queue and schedule group."""
        iam = client("iam")
        iam.create_role(RoleName="task", AssumeRolePolicyDocument=trusting("ecs-tasks.amazonaws.com"))
        iam.create_role(RoleName="launch", AssumeRolePolicyDocument=trust())
        self.allow(*POLICY)
        iam.create_role(RoleName="watch", AssumeRolePolicyDocument=trusting("lambda.amazonaws.com"))
        self.allow_watch(LOGGING)
        client("ecs").create_cluster(clusterName="main")
        self.define(APP, PROXY)
        client("logs").create_log_group(logGroupName="/app")
        client("sqs").create_queue(QueueName="dead")
        client("scheduler").create_schedule_group(Name=GROUP)

    @staticmethod
    def define(*containers: Mapping[str, Any], **changes: object) -> None:
        """Register a revision of the task definition `app`."""
        request: dict[str, Any] = {
            "family": "app",
            "cpu": "256",
            "memory": "1024",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "taskRoleArn": TASK_ROLE,
            "executionRoleArn": TASK_ROLE,
            "containerDefinitions": list(containers),
        }
        given = {name: value for name, value in {**request, **changes}.items() if value is not None}
        client("ecs").register_task_definition(**given)

    @staticmethod
    def allow(*names: str) -> None:
        """Replace the statements of the launch role's policy."""
        statements = [POLICY[name] for name in names]
        client("iam").put_role_policy(RoleName="launch", PolicyName="launch", PolicyDocument=document(*statements))

    @staticmethod
    def allow_watch(*statements: Mapping[str, Any]) -> None:
        """Replace the statements of the functions' role."""
        client("iam").put_role_policy(RoleName="watch", PolicyName="watch", PolicyDocument=document(*statements))

    @staticmethod
    def deploy(code: str, **changes: Any) -> None:  # noqa: ANN401 - members of a request
        """Deploy the function `watch`, whose module has the code `code`."""
        request = {
            "FunctionName": "watch",
            "Role": WATCH_ROLE,
            "Runtime": "python3.12",
            "Handler": "watch.handle",
            "Timeout": 30,
            "Code": {"ZipFile": archive(watch=code)},
        }
        client("lambda").create_function(**{**request, **changes})

    def invoke(self, event: object = None) -> Reply:
        """Invoke the function, and return its reply."""
        return self.aws.functions.invoke(WATCH, json.dumps(event))

    @staticmethod
    def whole_log(group: str = "/aws/lambda/watch") -> list[str]:
        """Return the log of a function, with the lines of Lambda itself."""
        return [event["message"] for event in client("logs").filter_log_events(logGroupName=group)["events"]]

    def log(self, group: str = "/aws/lambda/watch") -> list[str]:
        """Return the log of a function without the lines that begin and end each invocation."""
        return [line for line in self.whole_log(group) if not line.startswith(OF_LAMBDA)]

    @staticmethod
    def request(name: str = "report", expression: str = "rate(1 hour)", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a CreateSchedule request; `Target` in `changes` changes members of the target. None leaves one out."""
        target = {
            "Arn": RUN_TASK,
            "RoleArn": LAUNCH_ROLE,
            "Input": json.dumps(INPUT),
            "RetryPolicy": {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 900},
            "DeadLetterConfig": {"Arn": DEAD},
            **(changes.get("Target") or {}),
        }
        request = {
            "Name": name,
            "GroupName": GROUP,
            "ScheduleExpression": expression,
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {member: value for member, value in target.items() if value is not None},
            **{name: value for name, value in changes.items() if name != "Target" or value is None},
        }
        return {member: value for member, value in request.items() if value is not None}

    def schedule(self, *given: str, **changes: Any) -> None:  # noqa: ANN401 - members of a request
        """Create a schedule."""
        client("scheduler").create_schedule(**self.request(*given, **changes))

    def reschedule(self, *given: str, **changes: Any) -> None:  # noqa: ANN401 - members of a request
        """Update a schedule."""
        client("scheduler").update_schedule(**self.request(*given, **changes))

    def run(self, **changes: object) -> list[dict[str, Any]]:
        """Run a task, and return RunTask's response."""
        request = {"cluster": "main", "taskDefinition": "app", "networkConfiguration": NETWORK, **changes}
        tasks: list[dict[str, Any]] = client("ecs").run_task(**{k: v for k, v in request.items() if v is not None})[
            "tasks"
        ]
        return tasks

    def advance(self, **by: float) -> None:
        """Move the clock."""
        self.timeline.advance(self.clock.now() + timedelta(**by))

    def ticks(self, name: str = "report") -> list[str]:
        """Return the launched ticks of a schedule, from the start of the test's clock."""
        return [f"{launch.tick:%d %H:%M}" for launch in self.scheduler.launches if launch.schedule == f"{GROUP}/{name}"]

    @staticmethod
    def messages(queue: str = "dead") -> list[dict[str, Any]]:
        """Receive the messages of a queue."""
        url = client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
        received = client("sqs").receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], WaitTimeSeconds=0
        )
        messages: list[dict[str, Any]] = received.get("Messages", [])
        return messages
