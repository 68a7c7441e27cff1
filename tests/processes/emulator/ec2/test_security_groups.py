"""A security group that something uses is not deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.processes.emulator.world import Host, client, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World


def make(name: str = "jobs") -> str:
    """Create a security group in the default VPC, and return its id."""
    return str(client("ec2").create_security_group(GroupName=name, Description=name)["GroupId"])


def in_use(group: str) -> tuple[str, str]:
    """Return what EC2 answers to the deletion of a group that something uses."""
    return "DependencyViolation", f"resource {group} has a dependent object"


def test_of_a_running_task(world: World, host: Host) -> None:
    """The network interface of a task has its groups until the task has stopped."""
    host.exit_code = None
    group, delete = make(), client("ec2").delete_security_group
    world.run(networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"], "securityGroups": [group]}})
    assert refusal(lambda: delete(GroupId=group)) == in_use(group)
    assert refusal(lambda: delete(GroupName="jobs")) == in_use(group)
    host.end(host.started[0], world.aws.tasks, 0)
    delete(GroupId=group)
    assert refusal(lambda: delete(GroupId=group))[0] == "InvalidGroup.NotFound"


def test_of_an_interface(world: World) -> None:
    """An interface that somebody else made counts too."""
    del world
    ec2 = client("ec2")
    group, subnet = make(), ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    made = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]["NetworkInterfaceId"]
    assert refusal(lambda: ec2.delete_security_group(GroupId=group)) == in_use(group)
    ec2.delete_network_interface(NetworkInterfaceId=made)
    ec2.delete_security_group(GroupId=group)


def test_in_a_rule(world: World) -> None:
    """A group that another group's rule names stays; its own rules do not count."""
    del world
    ec2 = client("ec2")
    group, other = make(), make("database")
    for owner in (group, other):
        rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [{"GroupId": group}]}
        ec2.authorize_security_group_ingress(GroupId=owner, IpPermissions=[rule])
    assert refusal(lambda: ec2.delete_security_group(GroupId=group)) == in_use(group)
    ec2.delete_security_group(GroupId=other)
    ec2.delete_security_group(GroupId=group)


def test_default_group(world: World) -> None:
    """Nobody can delete the default group of a VPC."""
    del world
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    filters = [{"Name": "vpc-id", "Values": [vpc]}]
    [group] = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    assert refusal(lambda: ec2.delete_security_group(GroupId=group["GroupId"])) == (
        "CannotDelete",
        f'the specified group: "{group["GroupId"]}" name: "default" cannot be deleted by a user',
    )


def test_rules_are_unique(world: World) -> None:
    """A second rule for the same destination is refused; IPv4 and IPv6 differ."""
    del world
    ec2, group = client("ec2"), make()
    anywhere = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    allow = ec2.authorize_security_group_egress
    assert refusal(lambda: allow(GroupId=group, IpPermissions=[anywhere]))[0] == "InvalidPermission.Duplicate"
    ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[anywhere])
    allow(GroupId=group, IpPermissions=[anywhere])
    allow(GroupId=group, IpPermissions=[{"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}])
