"""Tests of a placement's checks in the account: mistakes are problems, and missing permissions are warnings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from aws_facts.launch_types import ON_FARGATE, ON_INSTANCES, LaunchType, LaunchTypes
from emulator.provider.core.errors import ProviderError
from emulator.provider.types import cloudcontrol, ecs_invokes
from tests.components.embedded import ACCOUNT, EmbeddedCloud, make_managed_instances, register
from tests.components.placing import EXPLICIT, OTHER_ROLE, REFERENCE, SERVICE, deny, look_up
from tests.components.stacks import CLUSTER

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.invoke import Function
    from emulator.provider.core.properties import Properties

GONE = f"arn:aws:iam::{ACCOUNT}:role/gone"
WRONG: dict[str, tuple[dict[str, Any], list[str]]] = {
    "cluster of another region": (
        {"cluster": CLUSTER.replace("eu-central-1", "eu-west-1")},
        [
            (
                f"cluster: '{CLUSTER.replace('eu-central-1', 'eu-west-1')}': is not in this account and region, "
                f"where 'staging' is {CLUSTER}"
            )
        ],
    ),
    "container": ({"container": "ap"}, ["container: 'ap': no such container in 'web'; did you mean 'app'?"]),
    "container that is not essential": (
        {"container": "sidecar"},
        [
            (
                "container: 'sidecar': is not essential in 'web', so the task would keep running after "
                "the job's container ends; must be one of: app"
            )
        ],
    ),
    "further task role": (
        {"taskRoles": [OTHER_ROLE, GONE]},
        [f"taskRoles[1]: '{GONE}': reading IAM Role (gone): NoSuchEntity: Role gone not found"],
    ),
    "further task role under another path": (
        {"taskRoles": [f"arn:aws:iam::{ACCOUNT}:role/team/other"]},
        [
            (
                f"taskRoles[0]: 'arn:aws:iam::{ACCOUNT}:role/team/other': no such role; "
                f"the role of that name is {OTHER_ROLE}"
            )
        ],
    ),
    "subnet": (
        {"subnets": ["subnet-0a", "subnet-0c"]},
        [
            (
                "subnets[1]: 'subnet-0c': reading EC2 Subnet (subnet-0c): InvalidSubnetID.NotFound: "
                "The subnet ID 'subnet-0c' does not exist"
            )
        ],
    ),
    "subnets of two VPCs": (
        {"subnets": ["subnet-0a", "subnet-ff"], "securityGroups": ["sg-01"]},
        ["subnets: are in several VPCs (subnet-0a in VPC1, subnet-ff in VPC2); they must share one"],
    ),
    "security group": (
        {"securityGroups": ["sg-03"]},
        [
            (
                "securityGroups[0]: 'sg-03': reading EC2 Security Group (sg-03): InvalidGroup.NotFound: "
                "The security group '{'sg-03'}' does not exist"
            )
        ],
    ),
    "security group of another VPC": (
        {"securityGroups": ["sg-01", "sg-ff"]},
        ["securityGroups: 'sg-ff' is in VPC2, and the subnets are in VPC1; they must share a VPC"],
    ),
    "capacity provider that cannot be": (
        {"capacity": {"FARGATE-SPOT": 1}},
        ["capacity: 'FARGATE-SPOT': no such capacity provider; did you mean 'FARGATE_SPOT'?"],
    ),
    "capacity provider that the cluster lacks": (
        {"capacity": {"others": 1}},
        [
            (
                "capacity: 'others': the cluster 'staging' does not have this capacity provider "
                "(it has: FARGATE, FARGATE_SPOT, spot); associate it with the cluster"
            )
        ],
    ),
    "capacity of a cluster without any": (
        {"cluster": "production", "capacity": {"FARGATE_SPOT": 1}},
        [
            (
                "capacity: 'FARGATE_SPOT': the cluster 'production' does not have this capacity provider "
                "(it has none); associate it with the cluster"
            )
        ],
    ),
    "Fargate without a strategy needs no provider": ({"cluster": "production"}, []),
    "everything at once": (
        {
            "cluster": "nowhere",
            "container": "ap",
            "subnets": ["subnet-0c"],
            "securityGroups": ["sg-03"],
            "capacity": {"FARGATE_SPT": 1},
            "taskRoles": [GONE],
        },
        ["cluster", "capacity", "taskRoles[0]", "container", "subnets[0]", "securityGroups[0]"],
    ),
}


@pytest.mark.parametrize(("placement", "expected"), WRONG.values(), ids=WRONG)
def test_names_what_is_wrong(cloud: EmbeddedCloud, placement: dict[str, Any], expected: list[str]) -> None:
    """Every mistake that would make a launch fail is reported with its key, all in one run."""
    _, found = look_up(cloud, {**EXPLICIT, **placement})
    subnets = cloud.client("ec2").describe_subnets(SubnetIds=["subnet-0a", "subnet-ff"])["Subnets"]
    for subnet in subnets:
        number = "1" if subnet["SubnetId"] == "subnet-0a" else "2"
        found = [text.replace(subnet["VpcId"], f"VPC{number}") for text in found]
    if len(expected) > 1:
        found = [text.partition(": ")[0] for text in found]
    assert found == expected


DEFINITIONS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "network mode": (
        {"networkMode": "bridge", "requiresCompatibilities": ["EC2"]},
        [
            "taskDefinition: 'odd': uses the network mode bridge; Fargate needs awsvpc",
            "taskDefinition: 'odd': was registered for EC2; requiresCompatibilities must include FARGATE",
        ],
    ),
    "roles": (
        {"roles": ("gone", "lost")},
        [
            (
                f"taskDefinition: 'odd': its task role '{GONE}': "
                "reading IAM Role (gone): NoSuchEntity: Role gone not found"
            ),
            (
                f"taskDefinition: 'odd': its execution role 'arn:aws:iam::{ACCOUNT}:role/lost': "
                "reading IAM Role (lost): NoSuchEntity: Role lost not found"
            ),
        ],
    ),
    "volume": (
        {"volumes": [{"name": "data", "configuredAtLaunch": True}, {"name": "cache"}]},
        [
            (
                "taskDefinition: 'odd': its volume 'data' is configured at launch, so RunTask needs "
                "volumeConfigurations, which this program sends only for an image of the job's own with `ebs`; name a "
                "family that has no such volume"
            )
        ],
    ),
    "logs": (
        {"log": {"logDriver": "splunk"}},
        ["warning: taskDefinition: 'app': logs with splunk in 'odd', not with awslogs, so alerts cannot name its log"],
    ),
}


@pytest.mark.parametrize(("differs", "expected"), DEFINITIONS.values(), ids=DEFINITIONS)
def test_names_what_is_wrong_with_a_definition(
    cloud: EmbeddedCloud, differs: dict[str, Any], expected: list[str]
) -> None:
    """A task definition on which no job can run is reported with every reason."""
    register(cloud, "odd", {"app": True}, **differs)
    assert look_up(cloud, {**EXPLICIT, "taskDefinition": "odd"})[1] == expected


def test_names_what_a_service_has_no_more(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in a subnet or group of the service is reported with the service's key."""
    answer = ecs_invokes.GetService.run
    network = {"subnets": ["subnet-0a", "subnet-0c"], "securityGroups": ["sg-03"], "assignPublicIp": False}
    monkeypatch.setattr(
        ecs_invokes.GetService, "run", lambda *args: {**answer(*args), "networkConfigurations": [network]}
    )
    assert [text.rpartition(": reading")[0] for text in look_up(cloud, {"service": SERVICE})[1]] == [
        "service.name: 'web': its subnet 'subnet-0c'",
        "service.name: 'web': its security group 'sg-03'",
    ]


def test_runs_on_machines(cloud: EmbeddedCloud) -> None:
    """Tasks on a capacity provider of the team's do not need Fargate."""
    register(cloud, "machines", {"app": True}, requiresCompatibilities=["EC2"])
    placement = {"service": SERVICE, "taskDefinition": "machines"}
    found, problems = look_up(cloud, {**placement, "capacity": {"spot": 2}})
    assert (found.capacity, found.launch_types, problems) == ({"spot": 2}, (LaunchType.EC2,), [])
    assert look_up(cloud, {**placement, "capacity": {"FARGATE": 1}})[1] == [
        "taskDefinition: 'machines': was registered for EC2; requiresCompatibilities must include FARGATE"
    ]


ON_MACHINES: dict[str, tuple[dict[str, Any], LaunchTypes, list[str]]] = {
    "EC2": ({"taskDefinition": "machines", "capacity": {"spot": 1}}, (LaunchType.EC2,), []),
    "EC2 with what is for Fargate": ({"capacity": {"spot": 1}}, (LaunchType.EC2,), []),
    "Managed Instances": (
        {"taskDefinition": "managed", "capacity": {"managed": 1}},
        (LaunchType.MANAGED_INSTANCES,),
        [],
    ),
    "Managed Instances with what is for Fargate": (
        {"capacity": {"managed": 1}},
        (LaunchType.MANAGED_INSTANCES,),
        ["taskDefinition: 'web': was registered for FARGATE; requiresCompatibilities must include MANAGED_INSTANCES"],
    ),
    "Managed Instances of another cluster": (
        {"taskDefinition": "managed", "capacity": {"theirs": 1}},
        (LaunchType.MANAGED_INSTANCES,),
        ["capacity: 'theirs': serves the cluster 'production' alone, and not 'staging'; make one for this cluster"],
    ),
    "both": (
        {"taskDefinition": "managed", "capacity": {"managed": 1, "spot": 1}},
        (LaunchType.EC2, LaunchType.MANAGED_INSTANCES),
        ["capacity: launch tasks on EC2 instances and on Managed Instances; a strategy has providers of one kind"],
    ),
    "public address": (
        {"capacity": {"spot": 1}, "assignPublicIp": True},
        (LaunchType.EC2,),
        [
            (
                "assignPublicIp: true: tasks on EC2 instances get no public address; must be false, and the subnets "
                "need another way out"
            )
        ],
    ),
    "public address on Fargate": ({"capacity": {"FARGATE": 1}, "assignPublicIp": True}, ON_FARGATE, []),
    "bridge": (
        {"taskDefinition": "bridged", "capacity": {"spot": 1}},
        (LaunchType.EC2,),
        ["taskDefinition: 'bridged': uses the network mode bridge; the network of a placement needs awsvpc"],
    ),
}


@pytest.mark.parametrize(("placement", "types", "expected"), ON_MACHINES.values(), ids=ON_MACHINES)
def test_each_capacity_has_its_rules(
    cloud: EmbeddedCloud, placement: dict[str, Any], types: LaunchTypes, expected: list[str]
) -> None:
    """What a capacity provider launches tasks on is looked up, and the placement is judged by it."""
    register(cloud, "machines", {"app": True}, requiresCompatibilities=["EC2"])
    register(cloud, "managed", {"app": True}, requiresCompatibilities=["MANAGED_INSTANCES"])
    register(cloud, "bridged", {"app": True}, requiresCompatibilities=["EC2"], networkMode="bridge")
    make_managed_instances(cloud)
    make_managed_instances(cloud, "theirs", "production")
    found, problems = look_up(cloud, {**EXPLICIT, **placement})
    assert (found.launch_types, problems) == (types, expected)


def test_instances_do_not_take_the_public_address_of_a_service(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A service on Fargate may have one; a placement with its network and other capacity must say that it has none."""
    answer = ecs_invokes.GetService.run
    network = {"subnets": ["subnet-0a"], "securityGroups": ["sg-01"], "assignPublicIp": True}
    monkeypatch.setattr(
        ecs_invokes.GetService, "run", lambda *args: {**answer(*args), "networkConfigurations": [network]}
    )
    placement = {"service": SERVICE, "capacity": {"spot": 1}}
    assert look_up(cloud, placement)[1] == [
        (
            "assignPublicIp: is not set, and the service has it true; tasks on EC2 instances get no public address; "
            "must be false, and the subnets need another way out"
        )
    ]
    found, problems = look_up(cloud, {**placement, "assignPublicIp": False})
    assert (found.assign_public_ip, problems) == (False, [])


def test_warns_of_capacity_whose_rules_it_does_not_know(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the rules of both kinds of instances hold. A provider of AWS's own is never asked for."""
    answer = cloudcontrol.GetResource.run

    def refuse(function: Function, aws: Aws, args: Properties) -> Properties:
        if args["typeName"] == "AWS::ECS::Cluster":
            return answer(function, aws, args)  # type: ignore[arg-type]
        raise ProviderError("User: u is not authorized to perform: ecs:DescribeCapacityProviders on resource: x")

    monkeypatch.setattr(cloudcontrol.GetResource, "run", refuse)
    found, problems = look_up(cloud, {**EXPLICIT, "capacity": {"spot": 1}})
    assert found.launch_types == ON_INSTANCES
    assert problems == [
        (
            "warning: capacity: 'spot': whether EC2 or Managed Instances, and their rules not checked: the permission "
            "ecs:DescribeCapacityProviders is missing"
        )
    ]
    assert look_up(cloud, {**EXPLICIT, "capacity": {"FARGATE": 1}})[1] == []


def test_compares_the_capacity_of_a_service_with_the_cluster(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A capacity provider of the service that the cluster has no more is reported with the service's key."""
    answer = ecs_invokes.GetService.run
    strategy = [{"capacityProvider": "gone", "base": 0, "weight": 1}]
    monkeypatch.setattr(
        ecs_invokes.GetService, "run", lambda *args: {**answer(*args), "capacityProviderStrategies": strategy}
    )
    register(cloud, "machines", {"app": True}, requiresCompatibilities=["EC2"])
    assert look_up(cloud, {"service": SERVICE, "taskDefinition": "machines"})[1] == [
        (
            "service.name: 'web': its capacity provider 'gone': the cluster 'staging' does not have this capacity "
            "provider (it has: FARGATE, FARGATE_SPOT, spot); associate it with the cluster"
        )
    ]


@pytest.mark.parametrize("capacity", [{"FARGATE_SPOT": 1}, {"FARGATE": 1, "FARGATE_SPOT": {"weight": 0}}])
def test_spot_runs_no_windows(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, capacity: dict[str, Any]) -> None:
    """Windows on FARGATE_SPOT is a mistake of the capacity in config, or of the service that has it."""
    system = {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}
    register(cloud, "windows", {"app": True}, cpu="1 vCPU", memory="4 GB", runtimePlatform=system)
    windows = {**EXPLICIT, "taskDefinition": "windows"}
    why = "runs no Windows containers, as those of 'windows' are; use FARGATE alone"
    assert look_up(cloud, {**windows, "capacity": capacity})[1] == [f"capacity: 'FARGATE_SPOT': {why}"]
    assert look_up(cloud, {**windows, "capacity": {"FARGATE": 1}})[1] == []
    assert look_up(cloud, {**EXPLICIT, "capacity": capacity})[1] == []
    answer = ecs_invokes.GetService.run
    strategy = [{"capacityProvider": "FARGATE_SPOT", "base": 0, "weight": 1}]
    monkeypatch.setattr(
        ecs_invokes.GetService, "run", lambda *args: {**answer(*args), "capacityProviderStrategies": strategy}
    )
    assert look_up(cloud, {"service": SERVICE, "taskDefinition": "windows"})[1] == [
        f"service.name: 'web': its capacity provider 'FARGATE_SPOT': {why}"
    ]


UNREAD = {
    "denied": (
        "User: u is not authorized to perform: cloudformation:GetResource on resource: *",
        "the permission cloudformation:GetResource is missing",
    ),
    "denied to the handler": (
        "User: u is not authorized to perform: ecs:DescribeClusters (HandlerErrorCode: AccessDenied)",
        "the permission ecs:DescribeClusters is missing",
    ),
    "unsupported": (
        "TypeNotFoundException: The type cannot be found.",
        "TypeNotFoundException: The type cannot be found.",
    ),
}


@pytest.mark.parametrize(("refusal", "reason"), UNREAD.values(), ids=UNREAD)
def test_warns_of_capacity_that_it_cannot_check(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, refusal: str, reason: str
) -> None:
    """If the Cloud Control API does not answer, one warning lists the capacity providers that are not checked."""

    def refuse(*_: object) -> None:
        raise ProviderError(refusal)

    monkeypatch.setattr(cloudcontrol.GetResource, "run", refuse)
    found, problems = look_up(cloud, {**EXPLICIT, "capacity": {"FARGATE_SPOT": 1, "FARGATE": 3}})
    assert found.capacity == {"FARGATE_SPOT": 1, "FARGATE": 3}
    assert problems == [
        f'warning: capacity: ["FARGATE_SPOT", "FARGATE"]: presence in the cluster not checked: {reason}'
    ]


def test_needs_an_active_cluster(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster that is not active is a problem, and does not hide other problems."""
    answer = ecs_invokes.GetCluster.run
    monkeypatch.setattr(ecs_invokes.GetCluster, "run", lambda *args: {**answer(*args), "status": "PROVISIONING"})
    assert look_up(cloud, {**EXPLICIT, "container": "ap"})[1] == [
        "cluster: 'staging': the cluster is PROVISIONING; it must be ACTIVE",
        "container: 'ap': no such container in 'web'; did you mean 'app'?",
    ]


NEEDED: dict[str, tuple[dict[str, Any], str]] = {
    "DescribeClusters": (EXPLICIT, "cluster: 'staging'"),
    "DescribeServices": ({"service": SERVICE}, "service.name: 'web'"),
    "DescribeTaskDefinition": (EXPLICIT, "taskDefinition: 'web'"),
}


@pytest.mark.parametrize("operation", NEEDED)
def test_names_the_permission_that_it_cannot_do_without(
    cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """A missing permission for a required look-up is a problem that names the permission."""
    placement, where = NEEDED[operation]
    deny(monkeypatch, f"ecs:{operation}")
    found, (problem,) = look_up(cloud, placement)
    assert found is None
    assert re.fullmatch(
        rf"{where}: the permission ecs:{operation} is missing: reading ECS [A-Za-z ]+ \(\w+\): "
        rf"AccessDeniedException: User: \S+ is not authorized to perform: ecs:{operation} on resource: \*",
        problem,
    )


def test_warns_of_what_it_may_not_look_at(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing permission for an optional look-up is one warning per part, which names part and permission."""
    before, _ = look_up(cloud, {"service": SERVICE})
    deny(monkeypatch, "iam:GetRole", "ec2:DescribeSubnets")
    deny(monkeypatch, "ec2:DescribeSecurityGroups", hint="You are not authorized to perform this operation.")
    task, execution = (f'"arn:aws:iam::{ACCOUNT}:role/{name}"' for name in ("task", "execution"))
    assert look_up(cloud, {"service": SERVICE}) == (
        before,
        [
            (
                f"warning: taskDefinition: [{task}, {execution}]: existence not checked: "
                "the permission iam:GetRole is missing"
            ),
            (
                'warning: service.name: ["subnet-0b", "subnet-0a"]: existence and VPC not checked: '
                "the permission ec2:DescribeSubnets is missing"
            ),
            (
                "warning: service.name: 'sg-01': existence and VPC not checked: "
                "the permission ec2:DescribeSecurityGroups is missing"
            ),
        ],
    )


@pytest.mark.parametrize("reference", [CLUSTER, REFERENCE], ids=["ARN", "another stack"])
def test_takes_a_clusters_arn_unseen(cloud: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch, reference: object) -> None:
    """A cluster with an ARN can be used without the permission to look it up, with a warning."""
    deny(monkeypatch, "ecs:DescribeClusters")
    found, problems = look_up(cloud, {**EXPLICIT, "cluster": reference})
    assert found.cluster_arn == CLUSTER
    assert problems == [
        (
            f"warning: cluster: '{CLUSTER}': existence and status not checked: "
            "the permission ecs:DescribeClusters is missing"
        )
    ]
