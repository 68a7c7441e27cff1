"""Pulumi's mocks on the embedded AWS, in which a program's resources really exist afterwards."""

from __future__ import annotations

import asyncio
import inspect
import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
from pulumi.runtime import mocks
from pulumi.runtime.proto import provider_pb2
from werkzeug.serving import make_server

from emulator import chosen_ids
from emulator.embedded_aws import EmbeddedAws
from emulator.gateway.connections import KeepAliveHandler
from emulator.gateway.moto_application import moto_application
from emulator.iam.identities import Identities
from emulator.provider import registry
from emulator.provider.core.clients import Aws, Clients
from emulator.provider.core.errors import ProviderError, doing
from emulator.provider.core.lifecycle import Lifecycle, Settings
from emulator.provider.core.properties import SECRET, SIGNATURE, Properties, decode, encode
from sandbox.naming import naming
from tests.credentials import SESSION
from tests.sent import as_sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from emulator.ecs.task import Task
    from emulator.ecs.tasks import Listener

ACCOUNT = "123456789012"
REGION = "eu-central-1"
PROJECT = "jobs"
STACK = "staging"
BUILT = "sha256:" + "0b" * 32
"""The digest of each image that a program has built: nothing builds images here."""


@dataclass(frozen=True)
class Declared:
    """A resource as the program registered it."""

    type: str
    name: str
    parent: str
    """The parent's name; empty for the stack."""
    inputs: Properties
    after: frozenset[tuple[str, str]]
    """Type and name of the resources that this one depends on."""
    secrets: frozenset[str]
    """The names of the secret inputs."""


@dataclass
class Deployment:
    """The resources that one run of a program declared, in order."""

    declared: list[Declared] = field(default_factory=list)

    def of(self, kind: str) -> list[Declared]:
        """Return the resources whose type ends with `kind`."""
        return [resource for resource in self.declared if resource.type.endswith(kind)]

    def one(self, kind: str, name: str) -> Declared:
        """Return the only resource of this type and name."""
        (found,) = [resource for resource in self.of(kind) if resource.name == name]
        return found

    def before(self, resource: Declared) -> set[tuple[str, str]]:
        """Return type and name of all resources that this one waits for, directly or through others."""
        direct = {(other.type, other.name): other.after for other in self.declared}
        found: set[tuple[str, str]] = set()
        waiting = set(resource.after)
        while waiting:
            found |= waiting
            waiting = {key for one in waiting for key in direct.get(one, ())} - found
        return found


class EmbeddedCloud:
    """One embedded AWS for a test session, emptied between tests."""

    def __init__(self, clients: Clients, embedded: EmbeddedAws) -> None:
        """Store the clients and the embedded AWS behind them."""
        self.clients = clients
        self.embedded = embedded
        self.aws = Aws(clients, REGION)

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no types
        """Return boto3's client of this service."""
        return self.aws.client(service)

    def run(
        self,
        program: Callable[[], Any],
        *,
        stack: str = STACK,
        exports: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> tuple[Deployment, Any]:
        """Run a program, await every output, and return its declared resources and its result.

        `exports` are the outputs of other stacks, by their full names.
        """
        deployment, calls = Deployment(), _Calls()
        given = _Mocks(Lifecycle(self.clients, Settings(REGION)), self.clients, exports or {}, calls)
        monitor = _Monitor(given, deployment)
        mocks.set_mocks(
            monitor.mocks, project=PROJECT, stack=stack, preview=False, monitor=monitor, organization="acme"
        )
        results = []

        async def awaited() -> None:
            result = program()
            results.append(await result if inspect.isawaitable(result) else result)

        try:
            mocks.test(awaited)()  # type: ignore[no-untyped-call]
        finally:
            calls.end()
            _cancel_what_is_left()
        return deployment, results[0]


def _cancel_what_is_left() -> None:
    """Let nothing of a program go on in the event loop, in which the next one runs. A failed program leaves much."""
    loop = asyncio.get_event_loop()
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))


@contextmanager
def serving() -> Iterator[EmbeddedCloud]:
    """Serve an embedded AWS on a free port of this machine."""
    embedded = EmbeddedAws(ACCOUNT, _Host(), {}, Identities(SESSION), naming())
    server = make_server("127.0.0.1", 0, moto_application(), threaded=True, request_handler=KeepAliveHandler)
    with embedded.installed():
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield EmbeddedCloud(Clients(f"http://127.0.0.1:{server.server_port}", SESSION), embedded)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class _Host:
    """A host that starts tasks but runs nothing in them."""

    def prepare(self, task: Task) -> str | None:
        """Need nothing."""

    def start(self, task: Task, listener: Listener) -> None:
        """Run nothing."""

    def stop(self, task: Task) -> None:
        """End nothing."""

    def kill(self, task: Task) -> None:
        """End nothing."""


class _Calls:
    """The calls of a program, which go on in threads of their own when the program has failed."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0
        self._ended = False

    @contextmanager
    def one(self) -> Iterator[None]:
        """Make a call in this block; ProviderError when the program has ended."""
        with self._changed:
            if self._ended:
                raise ProviderError("the program has ended")
            self._count += 1
        try:
            yield
        finally:
            with self._changed:
                self._count -= 1
                self._changed.notify_all()

    def end(self) -> None:
        """Wait for the calls that go on, and let no other begin: it would change the account of the next test."""
        with self._changed:
            self._ended = True
            self._changed.wait_for(lambda: not self._count)


class _Mocks(mocks.Mocks):
    """Mocks that let the sandbox's provider create resources and answer functions."""

    def __init__(
        self, life: Lifecycle, clients: Clients, exports: Mapping[str, Mapping[str, Any]], calls: _Calls
    ) -> None:
        self._life = life
        self._calls = calls
        self._clients = clients
        self._exports = exports

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Create the resource as a deployment does: check, complete, create, read."""
        with self._calls.one():
            return self._created(args)

    def _created(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs = decode(encode(as_sent(args.inputs)))
        if args.typ == "pulumi:pulumi:StackReference":
            return args.name, self._stack(args.name)
        if args.typ == "awsx:ecr:Image":
            return "", {**inputs, "imageUri": f"{inputs['repositoryUrl']}@{BUILT}"}
        if not args.custom:
            return "", inputs
        kind = registry.resource(args.typ)
        request = provider_pb2.CheckRequest(name=args.name, randomSeed=args.name.encode())
        checked, failures = self._life.check(kind, {}, inputs, request)
        if failures:
            raise ProviderError(f"{args.typ} {args.name}: {failures}")
        return self._life.create(kind, checked)

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """Return the answer of the embedded AWS."""
        given = {key: value for key, value in decode(encode(args.args)).items() if value is not None}
        function = registry.function(args.token)
        aws = Aws(self._clients, given.get("region") or REGION)
        with self._calls.one(), doing("reading", function.label, function.name_of(given)):
            return function.run(aws, given), []

    def _stack(self, name: str) -> dict[str, Any]:
        if name not in self._exports:
            raise ProviderError(f"unknown stack '{name}'")
        return {"name": name, "outputs": dict(self._exports[name]), "secretOutputNames": []}


class _RefusedCall(grpc.RpcError):  # type: ignore[misc]
    """An invoke that failed, as the engine reports it of the real provider."""

    def __init__(self, token: str, reason: str) -> None:
        self._text = f"invocation of {token} returned an error: invoking {token}: 1 error occurred:\n\t* {reason}\n\n"
        super().__init__(self._text)

    def code(self) -> grpc.StatusCode:
        """Return gRPC's code."""
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        """Return the message."""
        return self._text


class _Monitor(mocks.MockMonitor):
    """A monitor that records the registered resources with their dependencies, which mocks do not get."""

    def __init__(self, given: mocks.Mocks, deployment: Deployment) -> None:
        super().__init__(given)
        self._deployment = deployment

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - the engine's interface
        """Record the resource after its creation."""
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type != "pulumi:pulumi:Stack":
            parent_type, _, parent = request.parent.rpartition("::")
            self._deployment.declared.append(
                Declared(
                    type=request.type,
                    name=request.name,
                    parent="" if "pulumi:pulumi:Stack" in parent_type.split("$")[-1] else parent,
                    inputs=decode(request.object),
                    after=frozenset(_short(urn) for urn in request.dependencies),
                    secrets=frozenset(key for key, value in request.object.fields.items() if _is_secret(value)),
                )
            )
        return response

    def Invoke(self, request: Any) -> Any:  # noqa: ANN401, N802 - the engine's interface
        """Return the answer, or refuse as the engine does."""
        try:
            return super().Invoke(request)  # type: ignore[no-untyped-call]
        except Exception as error:
            raise _RefusedCall(request.tok, str(error)) from error


def _is_secret(value: Any) -> bool:  # noqa: ANN401 - a protobuf value
    fields = value.struct_value.fields
    return SIGNATURE in fields and fields[SIGNATURE].string_value == SECRET


def _short(urn: str) -> tuple[str, str]:
    kind, _, name = urn.rpartition("::")
    return kind.rpartition("::")[2].rpartition("$")[2], name


GROUP_OF_MACHINES = (
    f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:0a0b0c0d-0000-0000-0000-000000000000:"
    "autoScalingGroupName/machines"
)


def make_platform(cloud: EmbeddedCloud) -> None:
    """Create the platform of a team: a cluster, roles, a task definition with a sidecar, and a service."""
    iam, ecs = cloud.client("iam"), cloud.client("ecs")
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    for role in ("task", "execution", "other"):
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=document)
    ecs.create_capacity_provider(name="spot", autoScalingGroupProvider={"autoScalingGroupArn": GROUP_OF_MACHINES})
    ecs.create_cluster(clusterName="staging", capacityProviders=["FARGATE", "FARGATE_SPOT", "spot"])
    ecs.create_cluster(clusterName="production")
    for family in ("web", "web", "other"):
        register(cloud, family, {"app": True, "sidecar": False})
    ecs.create_service(
        cluster="staging",
        serviceName="web",
        taskDefinition="web",
        desiredCount=1,
        networkConfiguration={
            "awsvpcConfiguration": {"subnets": ["subnet-0b", "subnet-0a"], "securityGroups": ["sg-01"]}
        },
    )


def make_managed_instances(cloud: EmbeddedCloud, name: str = "managed", cluster: str = "staging") -> None:
    """Create a capacity provider of Managed Instances for a cluster."""
    role = f"arn:aws:iam::{ACCOUNT}:role/infrastructure"
    template = {
        "ec2InstanceProfileArn": f"arn:aws:iam::{ACCOUNT}:instance-profile/machines",
        "networkConfiguration": {"subnets": ["subnet-0a"]},
    }
    cloud.client("ecs").create_capacity_provider(
        name=name,
        cluster=cluster,
        managedInstancesProvider={"infrastructureRoleArn": role, "instanceLaunchTemplate": template},
    )


def make_network(cloud: EmbeddedCloud) -> None:
    """Create subnets and security groups with fixed names: two of each in one VPC, one in another.

    Both VPCs have a way to the internet for tasks without a public address.
    """
    ec2 = cloud.client("ec2")
    for network, subnets, groups in (("10.0", ("0a", "0b"), ("01", "02")), ("10.1", ("ff",), ("ff",))):
        vpc = ec2.create_vpc(CidrBlock=f"{network}.0.0/16")["Vpc"]["VpcId"]
        for number, name in enumerate(subnets):
            tags = _chosen("subnet", f"subnet-{name}")
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"{network}.{number}.0/24", TagSpecifications=tags)
        for name in groups:
            tags = _chosen("security-group", f"sg-{name}")
            ec2.create_security_group(VpcId=vpc, GroupName=name, Description="Tasks", TagSpecifications=tags)
        let_out(cloud, vpc, f"{network}.255.0/24")


ANYWHERE = "0.0.0.0/0"


def let_out(cloud: EmbeddedCloud, vpc: str, block: str) -> str:
    """Give a VPC's main route table a way to the internet, and return the id of the NAT gateway that it leads through.

    The NAT gateway is in a subnet of its own with these addresses.
    """
    ec2 = cloud.client("ec2")
    internet = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)
    public = ec2.create_subnet(VpcId=vpc, CidrBlock=block)["Subnet"]["SubnetId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=public)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=internet)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway: str = ec2.create_nat_gateway(SubnetId=public, AllocationId=address)["NatGateway"]["NatGatewayId"]
    main = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}]
    [found] = ec2.describe_route_tables(Filters=main)["RouteTables"]
    ec2.create_route(RouteTableId=found["RouteTableId"], DestinationCidrBlock=ANYWHERE, NatGatewayId=gateway)
    return gateway


def _chosen(kind: str, name: str) -> list[dict[str, Any]]:
    """Make the embedded AWS use this id instead of a random one."""
    return [{"ResourceType": kind, "Tags": [{"Key": chosen_ids.TAG, "Value": name}]}]


IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/app:1"
LOGS = {
    "logDriver": "awslogs",
    "options": {"awslogs-group": "/ecs/web", "awslogs-region": REGION, "awslogs-stream-prefix": "ecs"},
}


def register(
    cloud: EmbeddedCloud,
    family: str,
    containers: Mapping[str, bool],
    roles: Sequence[str] = (),
    log: Mapping[str, Any] | None = LOGS,
    **changed: Any,  # noqa: ANN401 - members of RegisterTaskDefinition
) -> None:
    """Register a task definition with these containers, each essential or not."""
    task, execution = roles or ("task", "execution")
    request = {
        "family": family,
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "512",
        "memory": "1024",
        "taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{task}",
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/{execution}",
        "containerDefinitions": [
            {
                "name": name,
                "image": IMAGE,
                "essential": essential,
                "memory": 256,
                **({"logConfiguration": log} if log else {}),
            }
            for name, essential in containers.items()
        ],
    }
    cloud.client("ecs").register_task_definition(**{**request, **changed})
