"""The parts of a resource type's test case, and the resources that several cases need."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from emulator.provider.core.assets import ARCHIVE, ASSET, same_content
from emulator.provider.core.properties import SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.processes.emulator.provider.harness import Deployed, Engine, Values

ACCOUNT: Final = "123456789012"
FUNCTION: Final = "aws:lambda/function:Function"
SQS: Final = "aws:sqs/queue:Queue"
TOPIC: Final = "aws:sns/topic:Topic"
TARGET: Final = {
    "arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask",
    "roleArn": f"arn:aws:iam::{ACCOUNT}:role/launch",
    "input": json.dumps({"Cluster": "c", "ClientToken": "x-<aws.scheduler.scheduled-time>"}),
}


def policy(action: str, resource: str = "*") -> str:
    """Return a policy document that allows `action`."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(service: str) -> str:
    """Return a trust policy for `service`."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def containers(image: str) -> str:
    """Return container definitions with one container that runs `image`."""
    environment = [{"name": "B", "value": "1"}, {"name": "A", "value": "2"}]
    return json.dumps([{"name": "app", "image": image, "memory": 128, "essential": True, "environment": environment}])


def nothing(engine: Engine) -> Values:
    """Create nothing."""
    del engine
    return {}


def a_group(engine: Engine) -> Values:
    """Create a schedule group."""
    return {"group": engine.create("aws:scheduler/scheduleGroup:ScheduleGroup", "g", {"name": "g"}).id}


def a_policy(engine: Engine) -> Values:
    """Create a managed policy."""
    return {"policy": engine.create("aws:iam/policy:Policy", "p", {"name": "p", "policy": policy("s3:GetObject")}).id}


def a_role(engine: Engine) -> Values:
    """Create a role."""
    made = engine.create("aws:iam/role:Role", "r", {"name": "launch", "assumeRolePolicy": trust("ecs.amazonaws.com")})
    return {"role": made.id}


def a_queue_and_topic(engine: Engine) -> Values:
    """Create a queue and a topic."""
    queue, topic = engine.create(SQS, "q", {"name": "q"}), engine.create(TOPIC, "t", {"name": "t"})
    return {"url": queue.id, "queue": queue.outputs["arn"], "topic": topic.id}


def a_rule(engine: Engine) -> Values:
    """Create an event rule, a queue and a topic."""
    made = engine.create(
        "aws:cloudwatch/eventRule:EventRule", "r", {"name": "r", "eventPattern": '{"source": ["aws.ecs"]}'}
    )
    return {"rule": made.id, **a_queue_and_topic(engine)}


def an_archive(**files: str) -> Values:
    """Return an archive of these files, with the hash that the engine sends."""
    assets = {f"{name}.py": {SIGNATURE: ASSET, "text": text} for name, text in files.items()}
    archive: Values = {SIGNATURE: ARCHIVE, "assets": assets}
    return {**archive, "hash": same_content(archive)}


def a_function(engine: Engine, **more: object) -> Values:
    """Create a function with its role, a queue to which it may send, and a topic."""
    role = engine.create("aws:iam/role:Role", "r", {"name": "f", "assumeRolePolicy": trust("lambda.amazonaws.com")})
    arn = role.outputs["arn"]
    inputs = {
        "name": "f",
        "role": arn,
        "handler": "main.run",
        "runtime": "python3.13",
        "code": an_archive(main="def run(): ..."),
        **more,
    }
    may = {"name": "f", "role": role.id, "policy": policy("sqs:SendMessage")}
    engine.create("aws:iam/rolePolicy:RolePolicy", "p", may)
    made = engine.create(FUNCTION, "f", inputs)
    return {"role": arn, "function": made.id, "arn": made.outputs["arn"], **a_queue_and_topic(engine)}


def a_version(engine: Engine) -> Values:
    """Create a function with a version."""
    return a_function(engine, publish=True)


def an_alias(engine: Engine) -> Values:
    """Create a function with the alias `jobs`."""
    needs = a_function(engine)
    inputs = {"functionName": "f", "name": "jobs", "functionVersion": "$LATEST"}
    engine.create("aws:lambda/alias:Alias", "a", inputs)
    return needs


def a_network(engine: Engine) -> Values:
    """Create a VPC with a subnet and a security group."""
    vpc = engine.create("aws:ec2/vpc:Vpc", "v", {"cidrBlock": "10.0.0.0/16"}).id
    subnet = engine.create("aws:ec2/subnet:Subnet", "s", {"vpcId": vpc, "cidrBlock": "10.0.0.0/24"}).id
    group = engine.create("aws:ec2/securityGroup:SecurityGroup", "g", {"vpcId": vpc, "name": "sg"}).id
    return {"vpc": vpc, "subnet": subnet, "group": group}


def two_gateways(engine: Engine) -> Values:
    """Create a VPC and two internet gateways, and return the VPC's main route table."""
    vpc = engine.create("aws:ec2/vpc:Vpc", "v", {"cidrBlock": "10.0.0.0/16"})
    kind = "aws:ec2/internetGateway:InternetGateway"
    first, second = (engine.create(kind, name, {}).id for name in ("first", "second"))
    return {"table": vpc.outputs["mainRouteTableId"], "first": first, "second": second}


def a_service_home(engine: Engine) -> Values:
    """Create a service's cluster and network, and two revisions of its task definition."""
    cluster = engine.create("aws:ecs/cluster:Cluster", "c", {"name": "staging"}).id
    definition = {"family": "web", "containerDefinitions": containers("a"), "networkMode": "awsvpc"}
    first = engine.create("aws:ecs/taskDefinition:TaskDefinition", "d", definition).outputs["arn"]
    second = engine.create("aws:ecs/taskDefinition:TaskDefinition", "e", definition).outputs["arn"]
    return {"cluster": cluster, "first": first, "second": second, **a_network(engine)}


@dataclass(frozen=True)
class Case:
    """The lifecycle of one resource type. The functions take the values that `needs` returned."""

    token: str
    inputs: Callable[[Values], Values]
    changed: Callable[[Values], Values]
    """Inputs to add or change in place; None takes one away."""
    shown: tuple[str, ...]
    """The paths that the diff of that change names."""
    replacing: Values = field(default_factory=dict)
    """Inputs whose change replaces the resource."""
    behind: Callable[[Any, Deployed], object] = lambda *_: None
    drift: tuple[str, ...] = ()
    """The paths that a refresh shows after `behind`."""
    needs: Callable[[Engine], Values] = nothing
    import_id: Callable[[Deployed], str] = lambda deployed: deployed.id
    id: Callable[[Deployed], str] = lambda deployed: deployed.outputs["name"]
    """What the id is to be."""
    unknown: tuple[str, ...] = ()
    """The paths that an import shows as changed, since AWS does not tell them."""
    variant: str = ""

    @property
    def title(self) -> str:
        """The name of the case in the test report."""
        return " ".join([self.token.rsplit(":", 1)[-1], self.variant]).strip()

    def after(self, needs: Values) -> Values:
        """Return the inputs after the change in place."""
        merged = {**self.inputs(needs), **self.changed(needs)}
        return {key: value for key, value in merged.items() if value is not None}
