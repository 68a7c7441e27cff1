"""EC2: an egress rule of a security group as a resource of its own."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from emulator.provider.core import tags
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present
from emulator.provider.types.ec2 import arn_of, match_tags, tagged

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties

_NO_PORT: Final = -1
"""What EC2 reports for the ports of a rule that has none (EC2 API reference, SecurityGroupRule)."""
_MEMBERS: Final = {
    "cidrIpv4": "CidrIpv4",
    "cidrIpv6": "CidrIpv6",
    "description": "Description",
    "fromPort": "FromPort",
    "ipProtocol": "IpProtocol",
    "toPort": "ToPort",
}


class SecurityGroupEgressRule(ResourceType):
    """An egress rule to one range of addresses; its id is AWS's."""

    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    label = "Security Group Egress Rule"
    inputs = frozenset(_MEMBERS) | {"securityGroupId", "tags"}
    outputs = frozenset({"arn", "securityGroupRuleId"})
    required = frozenset({"ipProtocol", "securityGroupId"})
    replace_on = frozenset({"securityGroupId"})
    # moto answers a deletion with the last of these codes, and EC2 with the second one.
    gone = frozenset({"InvalidGroup.NotFound", "InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound"})

    def name_of(self, inputs: Properties) -> str:
        return str(inputs.get("cidrIpv4") or inputs.get("cidrIpv6") or "new")

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        if ("cidrIpv4" in inputs) == ("cidrIpv6" in inputs):
            return [("cidrIpv4", "exactly one of cidrIpv4 and cidrIpv6 must be set")]
        return []

    def create(self, aws: Aws, inputs: Properties) -> str:
        made = aws.client("ec2").authorize_security_group_egress(
            GroupId=inputs["securityGroupId"],
            IpPermissions=[_permission(inputs)],
            TagSpecifications=tagged("security-group-rule", inputs),
        )
        return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        [rule] = aws.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[resource_id])[
            "SecurityGroupRules"
        ]
        told = {key: rule.get(member) for key, member in _MEMBERS.items()}
        return {
            **{key: value for key, value in told.items() if value not in (None, "", _NO_PORT)},
            "arn": arn_of(aws, rule.get("GroupOwnerId") or aws.account_id, "security-group-rule", resource_id),
            "securityGroupId": rule["GroupId"],
            "securityGroupRuleId": resource_id,
            "tags": tags.from_list(rule.get("Tags")),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("ec2")
        if any(old.get(key) != new.get(key) for key in _MEMBERS):
            rule = {member: new[key] for key, member in _MEMBERS.items() if key in new}
            client.modify_security_group_rules(
                GroupId=new["securityGroupId"],
                SecurityGroupRules=[{"SecurityGroupRuleId": resource_id, "SecurityGroupRule": rule}],
            )
        match_tags(client, resource_id, old, new)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        aws.client("ec2").revoke_security_group_egress(
            GroupId=state["securityGroupId"], SecurityGroupRuleIds=[resource_id]
        )


def _permission(inputs: Properties) -> dict[str, Json]:
    """Return the rule as AuthorizeSecurityGroupEgress takes it."""
    description = {"Description": inputs.get("description")}
    ranges = {
        "IpRanges": [present(CidrIp=inputs["cidrIpv4"], **description)] if "cidrIpv4" in inputs else None,
        "Ipv6Ranges": [present(CidrIpv6=inputs["cidrIpv6"], **description)] if "cidrIpv6" in inputs else None,
    }
    ports = {"FromPort": inputs.get("fromPort"), "ToPort": inputs.get("toPort")}
    return present(IpProtocol=inputs["ipProtocol"], **ports, **ranges)
