"""Functions that read the account and single resources with their ARNs."""

# ruff: noqa: D102, S105 - Function documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import botocore.session

from aws_facts.arn import Arn
from emulator.provider.core import tags
from emulator.provider.core.errors import ProviderError
from emulator.provider.core.invoke import Function
from emulator.provider.core.spelling import rfc3339

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Json, Properties

_SUFFIXES: Final = {"aws-cn": "amazonaws.com.cn"}


class GetRegion(Function):
    """aws.get_region: the given region, or the provider's."""

    token = "aws:index/getRegion:getRegion"
    label = "Region"
    named_by = "region"

    def run(self, aws: Aws, args: Properties) -> Properties:
        region = args.get("name") or aws.region
        return {
            "description": _description(aws.partition, region),
            "endpoint": f"ec2.{region}.{_suffix(aws.partition)}",
            "id": region,
            "name": region,
            "region": region,
        }


class GetPartition(Function):
    """aws.get_partition."""

    token = "aws:index/getPartition:getPartition"
    label = "Partition"

    def run(self, aws: Aws, args: Properties) -> Properties:
        del args
        suffix = _suffix(aws.partition)
        reverse = ".".join(reversed(suffix.split(".")))
        return {"dnsSuffix": suffix, "id": aws.partition, "partition": aws.partition, "reverseDnsPrefix": reverse}


class GetCallerIdentity(Function):
    """aws.get_caller_identity."""

    token = "aws:index/getCallerIdentity:getCallerIdentity"
    label = "STS Caller Identity"

    def run(self, aws: Aws, args: Properties) -> Properties:
        del args
        caller = aws.client("sts").get_caller_identity()
        account = caller["Account"]
        return {"accountId": account, "arn": caller["Arn"], "id": account, "userId": caller["UserId"]}


class GetRole(Function):
    """aws.iam.get_role, by name."""

    token = "aws:iam/getRole:getRole"
    label = "IAM Role"
    named_by = "name"

    def run(self, aws: Aws, args: Properties) -> Properties:
        role = aws.client("iam").get_role(RoleName=args["name"])["Role"]
        return {
            "arn": role["Arn"],
            "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),
            "createDate": rfc3339(role["CreateDate"]),
            "description": role.get("Description", ""),
            "id": role["RoleName"],
            "maxSessionDuration": role.get("MaxSessionDuration", 3600),
            "name": role["RoleName"],
            "path": role["Path"],
            "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
            "roleLastUseds": [],
            "tags": tags.from_list(role.get("Tags")),
            "uniqueId": role["RoleId"],
        }


class GetSubnet(Function):
    """aws.ec2.get_subnet, by id, filters, tags and the other criteria of its arguments."""

    token = "aws:ec2/getSubnet:getSubnet"
    label = "EC2 Subnet"

    def run(self, aws: Aws, args: Properties) -> Properties:
        names = {
            "availabilityZone": "availability-zone",
            "cidrBlock": "cidr-block",
            "state": "state",
            "vpcId": "vpc-id",
        }
        request = _criteria(args, "SubnetIds", names)
        found = aws.client("ec2").describe_subnets(**request)["Subnets"]
        subnet = _only(found, self.label)
        owner = subnet.get("OwnerId") or aws.account_id
        naming = subnet.get("PrivateDnsNameOptionsOnLaunch") or {}
        return {
            "arn": subnet.get("SubnetArn")
            or f"arn:{aws.partition}:ec2:{aws.region}:{owner}:subnet/{subnet['SubnetId']}",
            "assignIpv6AddressOnCreation": bool(subnet.get("AssignIpv6AddressOnCreation")),
            "availabilityZone": subnet["AvailabilityZone"],
            "availabilityZoneId": subnet.get("AvailabilityZoneId", ""),
            "availableIpAddressCount": subnet["AvailableIpAddressCount"],
            "cidrBlock": subnet["CidrBlock"],
            "customerOwnedIpv4Pool": "",
            "defaultForAz": bool(subnet.get("DefaultForAz")),
            "enableDns64": bool(subnet.get("EnableDns64")),
            "enableLniAtDeviceIndex": 0,
            "enableResourceNameDnsARecordOnLaunch": bool(naming.get("EnableResourceNameDnsARecord")),
            "enableResourceNameDnsAaaaRecordOnLaunch": bool(naming.get("EnableResourceNameDnsAAAARecord")),
            "filters": args.get("filters"),
            "id": subnet["SubnetId"],
            "ipv6CidrBlock": "",
            "ipv6CidrBlockAssociationId": "",
            "ipv6Native": bool(subnet.get("Ipv6Native")),
            "mapCustomerOwnedIpOnLaunch": False,
            "mapPublicIpOnLaunch": bool(subnet.get("MapPublicIpOnLaunch")),
            "outpostArn": "",
            "ownerId": owner,
            "privateDnsHostnameTypeOnLaunch": naming.get("HostnameType", ""),
            "region": aws.region,
            "state": subnet["State"],
            "tags": tags.from_list(subnet.get("Tags")),
            "vpcId": subnet["VpcId"],
        }


class GetSecurityGroup(Function):
    """aws.ec2.get_security_group, by id, name, VPC, filters and tags."""

    token = "aws:ec2/getSecurityGroup:getSecurityGroup"
    label = "EC2 Security Group"

    def run(self, aws: Aws, args: Properties) -> Properties:
        request = _criteria(args, "GroupIds", {"name": "group-name", "vpcId": "vpc-id"})
        group = _only(aws.client("ec2").describe_security_groups(**request)["SecurityGroups"], self.label)
        own = f"arn:{aws.partition}:ec2:{aws.region}:{group['OwnerId']}:security-group/{group['GroupId']}"
        return {
            "arn": group.get("SecurityGroupArn") or own,
            "description": group["Description"],
            "filters": args.get("filters"),
            "id": group["GroupId"],
            "name": group["GroupName"],
            "region": aws.region,
            "tags": tags.from_list(group.get("Tags")),
            "vpcId": group.get("VpcId", ""),
        }


class GetTopic(Function):
    """aws.sns.get_topic, by name."""

    token = "aws:sns/getTopic:getTopic"
    label = "SNS Topic"
    named_by = "name"

    def run(self, aws: Aws, args: Properties) -> Properties:
        client = aws.client("sns")
        listed = (
            topic["TopicArn"] for page in client.get_paginator("list_topics").paginate() for topic in page["Topics"]
        )
        arn = next((arn for arn in listed if Arn.parse(arn).resource == args["name"]), None)
        if arn is None:
            raise ProviderError(f"reading SNS Topic ({args['name']}): empty result")
        found = tags.from_list(client.list_tags_for_resource(ResourceArn=arn)["Tags"])
        return {"arn": arn, "id": arn, "name": args["name"], "region": aws.region, "tags": found}


class GetQueue(Function):
    """aws.sqs.get_queue, by name."""

    token = "aws:sqs/getQueue:getQueue"
    label = "SQS Queue URL"
    named_by = "name"

    def run(self, aws: Aws, args: Properties) -> Properties:
        client = aws.client("sqs")
        url = client.get_queue_url(QueueName=args["name"])["QueueUrl"]
        attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        found = client.list_queue_tags(QueueUrl=url).get("Tags", {})
        shared = {"name": args["name"], "region": aws.region, "tags": found}
        return {"arn": attributes["QueueArn"], "id": url, "url": url, **shared}


def _suffix(partition: str) -> str:
    return _SUFFIXES.get(partition, "amazonaws.com")


def _description(partition: str, region: str) -> str:
    endpoints: dict[str, Json] = botocore.session.Session().get_data("endpoints")
    partitions = {item["partition"]: item["regions"] for item in endpoints["partitions"]}
    return str(partitions[partition].get(region, {}).get("description", ""))


def _criteria(args: Properties, ids: str, names: dict[str, str]) -> dict[str, Json]:
    filters = [{"Name": name, "Values": [str(args[key])]} for key, name in names.items() if args.get(key)]
    filters += [{"Name": item["name"], "Values": item["values"]} for item in args.get("filters") or []]
    filters += [{"Name": f"tag:{key}", "Values": [value]} for key, value in (args.get("tags") or {}).items()]
    request: dict[str, Json] = {"Filters": filters} if filters else {}
    if args.get("id"):
        request[ids] = [args["id"]]
    return request


def _only(found: list[dict[str, Json]], label: str) -> dict[str, Json]:
    if not found:
        raise ProviderError(f"no matching {label} found")
    if len(found) > 1:
        raise ProviderError(
            f"multiple {label}s matched; use additional constraints to reduce matches to a single {label}"
        )
    return found[0]
