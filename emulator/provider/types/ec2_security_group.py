"""EC2: security groups and their rules."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from emulator.provider.core import tags
from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present
from emulator.provider.types.ec2 import arn_of, match_tags, tagged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.provider.core.clients import Aws, Client
    from emulator.provider.core.properties import Json, Properties

_ANY_PROTOCOL: Final = "-1"
_SOURCES: Final = (
    ("cidrBlocks", "IpRanges", "CidrIp"),
    ("ipv6CidrBlocks", "Ipv6Ranges", "CidrIpv6"),
    ("prefixListIds", "PrefixListIds", "PrefixListId"),
    ("securityGroups", "UserIdGroupPairs", "GroupId"),
)


def rule_atoms(rules: Json) -> Json:
    """Return the canonical form of security group rules: one entry per source or destination, sorted."""
    return sorted(atom for rule in rules for atom in _atoms(rule)) if isinstance(rules, list) else rules


class SecurityGroup(ResourceType):
    """A security group with the rules that the program lists.

    AWS's default egress rule is removed first, as by the real provider.
    """

    token = "aws:ec2/securityGroup:SecurityGroup"
    label = "Security Group"
    inputs = frozenset({"description", "egress", "ingress", "name", "revokeRulesOnDelete", "tags", "vpcId"})
    outputs = frozenset({"arn", "ownerId"})
    replace_on = frozenset({"description", "vpcId"})
    auto_name = AutoName(255)
    defaults: ClassVar = {"description": "Managed by Pulumi", "revokeRulesOnDelete": False}
    computed = frozenset({"egress", "ingress", "vpcId"})
    write_only = frozenset({"revokeRulesOnDelete"})
    canonical: ClassVar = {"egress": rule_atoms, "ingress": rule_atoms}
    gone = frozenset({"InvalidGroup.NotFound", "InvalidGroupId.NotFound"})

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(
            GroupName=inputs["name"],
            Description=inputs["description"],
            VpcId=inputs.get("vpcId"),
            TagSpecifications=tagged("security-group", inputs),
        )
        return str(aws.client("ec2").create_security_group(**request)["GroupId"])

    def finish(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        client = aws.client("ec2")
        found = client.describe_security_groups(GroupIds=[resource_id])["SecurityGroups"][0]
        _match_rules(client, resource_id, _group_rules(found), {})
        _match_rules(client, resource_id, {}, inputs)

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        group = aws.client("ec2").describe_security_groups(GroupIds=[resource_id])["SecurityGroups"][0]
        return {
            "arn": group.get("SecurityGroupArn") or arn_of(aws, group["OwnerId"], "security-group", resource_id),
            "description": group["Description"],
            "name": group["GroupName"],
            "ownerId": group["OwnerId"],
            "tags": tags.from_list(group.get("Tags")),
            "vpcId": group.get("VpcId", ""),
            **_group_rules(group),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("ec2")
        _match_rules(client, resource_id, old, new)
        match_tags(client, resource_id, old, new)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        client = aws.client("ec2")
        if state.get("revokeRulesOnDelete"):
            _match_rules(client, resource_id, state, {})
        # The real provider looks for interfaces that functions have left behind, which there are none of here.
        client.describe_network_interfaces(Filters=[{"Name": "group-id", "Values": [resource_id]}])
        client.delete_security_group(GroupId=resource_id)


def _atoms(rule: Properties) -> Iterator[tuple[str, str, str, str, str, str]]:
    protocol = (
        "-1" if str(rule.get("protocol")).lower() in (_ANY_PROTOCOL, "all") else str(rule.get("protocol")).lower()
    )
    ports = ("0", "0") if protocol == _ANY_PROTOCOL else (str(rule.get("fromPort", 0)), str(rule.get("toPort", 0)))
    for key, _, _ in _SOURCES:
        for value in rule.get(key) or []:
            yield (protocol, *ports, key, str(value), str(rule.get("description") or ""))
    if rule.get("self"):
        yield (protocol, *ports, "self", "", str(rule.get("description") or ""))


def _permission(atom: tuple[str, str, str, str, str, str], group: str) -> dict[str, Json]:
    protocol, start, end, key, value, description = atom
    ports = {} if protocol == _ANY_PROTOCOL else {"FromPort": int(start), "ToPort": int(end)}
    _, member, name = next((source for source in _SOURCES if source[0] == key), _SOURCES[-1])
    entry = present(**{name: value or group, "Description": description})
    return {"IpProtocol": protocol, **ports, member: [entry]}


def _match_rules(client: Client, group: str, old: Properties, new: Properties) -> None:
    for key, grant, revoke in (
        ("ingress", client.authorize_security_group_ingress, client.revoke_security_group_ingress),
        ("egress", client.authorize_security_group_egress, client.revoke_security_group_egress),
    ):
        before, after = (set(rule_atoms(side.get(key) or [])) for side in (old, new))
        if before - after:
            revoke(GroupId=group, IpPermissions=[_permission(atom, group) for atom in sorted(before - after)])
        if after - before:
            grant(GroupId=group, IpPermissions=[_permission(atom, group) for atom in sorted(after - before)])


def _group_rules(group: dict[str, Json]) -> Properties:
    return {
        "ingress": _rules(group["IpPermissions"], group["GroupId"]),
        "egress": _rules(group["IpPermissionsEgress"], group["GroupId"]),
    }


def _rules(permissions: list[dict[str, Json]], group: str) -> list[Properties]:
    """Return one rule per port range and description, grouped as by the real provider."""
    rules: dict[tuple[str, int, int, str], Properties] = {}
    for permission in permissions:
        ports = (permission.get("FromPort", 0), permission.get("ToPort", 0))
        for key, member, name in _SOURCES:
            for entry in permission.get(member, []):
                at = (permission["IpProtocol"], *ports, entry.get("Description", ""))
                blank = {"protocol": at[0], "fromPort": at[1], "toPort": at[2], "self": False, "description": at[3]}
                rule = rules.setdefault(at, blank)
                if key == "securityGroups" and entry[name] == group:
                    rule["self"] = True
                else:
                    rule.setdefault(key, []).append(entry[name])
    return list(rules.values())
