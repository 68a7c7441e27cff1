"""Looks things up in the account, through the stack's own provider. Each look-up is made once and remembered."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi

from aws_facts.arn import Arn
from aws_facts.function_name import LATEST
from components import provider_functions
from judgements.answers import Answer, CapacityProvider, FunctionConfig, Refused, Secret, TaskDefinition
from placements.answers import Cluster, Service
from placements.references import Here
from watch.table import KEY, SORT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from aws_facts.image_name import ImageName
    from settings import StackOutput

T = TypeVar("T")

_WRAPPING = re.compile(
    r"^(error: )?(invoking \S+: )?(\d+ errors? occurred: )?(\* )?"
    r"|operation error [^:]+: \w+, (https response error StatusCode: \d+, RequestID: [^,]*, )?(api error )?"
)
"""The text that the SDK, the bridge and the AWS client add around a reason."""

_MISSING = "couldn't find resource"
"""What the provider says of a thing that AWS does not have, and of one that it counts as deleted."""

_PAGE = re.compile(r"<!doctype html|<html\b", re.IGNORECASE)
_DENIED = re.compile(r"\bAccessDenied|\bUnauthorizedOperation\b|\bnot authorized to perform\b")
_PERMISSION = re.compile(r"not authorized to perform: ([a-z0-9-]+:\w+)")


class Lookups:
    """The look-ups in the account. Several may be under way at the same time."""

    def __init__(self) -> None:
        """Start without any answers."""
        self._answers: dict[tuple[str | tuple[str, ...], ...], asyncio.Task[Answer[Mapping[str, Any]]]] = {}
        self._stacks: dict[str, pulumi.StackReference] = {}

    async def cluster(self, name: str) -> Answer[Cluster]:
        """Return a cluster by its name."""
        return _read(await self._ask("ecs/getCluster", "ecs:DescribeClusters", clusterName=name), Cluster.read)

    async def capacity_providers(self, cluster: str) -> Answer[Collection[str]]:
        """Return the capacity providers of a cluster, which `aws.ecs.get_cluster` leaves out."""
        return _read(
            await self._resource("AWS::ECS::Cluster", cluster),
            lambda found: json.loads(found["properties"]).get("CapacityProviders") or [],
        )

    async def capacity_provider(self, name: str) -> Answer[CapacityProvider]:
        """Return a capacity provider that the account has made."""
        return _read(await self._resource("AWS::ECS::CapacityProvider", name), CapacityProvider.read)

    async def service(self, cluster_arn: str, name: str) -> Answer[Service]:
        """Return a service."""
        return _read(
            await self._ask("ecs/getService", "ecs:DescribeServices", clusterArn=cluster_arn, serviceName=name),
            Service.read,
        )

    async def task_definition(self, name: str) -> Answer[TaskDefinition]:
        """Return the newest active revision of a family, or the revision of `family:revision`."""
        return _read(
            await self._ask("ecs/getTaskDefinition", "ecs:DescribeTaskDefinition", taskDefinition=name),
            TaskDefinition.read,
        )

    async def image(self, image: ImageName) -> Answer[str]:
        """Return the digest of an image of a private ECR registry."""
        known = image.ecr
        if known is None:
            return Refused("it is in no registry of ECR")
        return _read(
            await self._ask(
                "ecr/getImage",
                "ecr:DescribeImages",
                region=known.region,
                registryId=known.account,
                repositoryName=known.repository,
                **known.id,
            ),
            lambda found: str(found["imageDigest"]),
        )

    async def role(self, arn: str) -> Answer[str]:
        """Return the ARN of the role that has the name in this ARN. Its path may differ from the ARN's."""
        name = arn.rpartition("/")[2]
        return _read(await self._ask("iam/getRole", "iam:GetRole", name=name), _arn)

    async def subnet(self, subnet_id: str) -> Answer[str]:
        """Return the id of a subnet's VPC."""
        return _read(await self._ask("ec2/getSubnet", "ec2:DescribeSubnets", id=subnet_id), _vpc)

    async def security_group(self, group_id: str) -> Answer[str]:
        """Return the id of a security group's VPC."""
        return _read(await self._ask("ec2/getSecurityGroup", "ec2:DescribeSecurityGroups", id=group_id), _vpc)

    async def policy(self, arn: str) -> Answer[str]:
        """Return the ARN of a policy."""
        return _read(await self._ask("iam/getPolicy", "iam:GetPolicy", arn=arn), _arn)

    async def key(self, arn: str) -> Answer[str]:
        """Return the ARN of a KMS key that can encrypt."""
        return _read(await self._key(arn), lambda found: _key_with(_NEEDED_OF_A_KEY, found))

    async def decrypting_key(self, arn: str) -> Answer[str]:
        """Return the ARN of a KMS key, in any region, that can decrypt what it has encrypted."""
        return _read(await self._key(arn), lambda found: _key_with(_NEEDED_TO_DECRYPT, found))

    async def secret(self, arn: str) -> Answer[str]:
        """Return the ARN of a secret in Secrets Manager, in any region. Its value is not read."""
        found = await self._ask(
            "secretsmanager/getSecret", "secretsmanager:DescribeSecret", region=Arn.parse(arn).region, arn=arn
        )
        return _read(_of_secret(found), _arn)

    async def named_secret(self, name: str) -> Answer[Secret]:
        """Return a secret of the stack's region by its name or its ARN. Its value is not read."""
        given = {"arn": name} if name.startswith("arn:") else {"name": name}
        found = await self._ask("secretsmanager/getSecret", "secretsmanager:DescribeSecret", **given)
        return _read(_of_secret(found), lambda known: Secret(known["arn"], known.get("kmsKeyId") or ""))

    async def key_of_secret(self, key: str) -> Answer[str]:
        """Return the ARN of a KMS key of the stack's region that can decrypt; empty for a key of AWS."""
        found = await self._ask("kms/getKey", "kms:DescribeKey", keyId=key)
        return _read(
            found, lambda known: "" if known["keyManager"] == _OF_AWS else _key_with(_NEEDED_TO_DECRYPT, known)
        )

    async def queue(self, region: str, name: str) -> Answer[str]:
        """Return the ARN of the queue of this name in a region."""
        return _read(await self._ask("sqs/getQueue", "sqs:GetQueueUrl", region=region, name=name), _arn)

    async def function(self, region: str, name: str) -> Answer[str]:
        """Return the ARN of the function of this name in a region."""
        return _read(
            await self._ask("lambda/getFunction", "lambda:GetFunction", region=region, functionName=name), _arn
        )

    async def function_config(self, region: str, name: str, version: str) -> Answer[FunctionConfig]:
        """Return a version of the function of this name in a region."""
        which = {} if version == LATEST else {"qualifier": version}
        return _read(
            await self._ask("lambda/getFunction", "lambda:GetFunction", region=region, functionName=name, **which),
            FunctionConfig.read,
        )

    async def may(self, role: str, actions: tuple[str, ...], resource: str) -> Answer[bool]:
        """Return whether the policies of a role let it call all of these actions on a resource."""
        return _read(
            await self._ask(
                "iam/getPrincipalPolicySimulation",
                "iam:SimulatePrincipalPolicy",
                policySourceArn=role,
                actionNames=actions,
                resourceArns=(resource,),
            ),
            lambda found: bool(found["allAllowed"]),
        )

    async def variables(self, function: str) -> Answer[Mapping[str, str]]:
        """Return the environment of a function of the stack's own region."""
        return _read(
            await self._ask("lambda/getFunction", "lambda:GetFunction", functionName=function),
            lambda found: found["environment"]["variables"],
        )

    async def item(self, table: str, key: str, sort: str) -> Answer[Mapping[str, Any]]:
        """Return an item of a ledger."""
        keys = json.dumps({KEY: {"S": key}, SORT: {"S": sort}})
        return _read(
            await self._ask("dynamodb/getTableItem", "dynamodb:GetItem", tableName=table, key=keys),
            lambda found: json.loads(found["item"]),
        )

    async def topic(self, region: str, name: str) -> Answer[str]:
        """Return the ARN of the topic of this name in a region."""
        return _read(await self._ask("sns/getTopic", "sns:ListTopics", region=region, name=name), _arn)

    async def parameters(self, path: str) -> Answer[Collection[tuple[str, str]]]:
        """Return the names and values of the parameters below a path."""
        return _read(
            await self._ask("ssm/getParametersByPath", "ssm:GetParametersByPath", path=path),
            lambda found: list(zip(found["names"], found["values"], strict=True)),
        )

    async def here(self) -> Answer[Here]:
        """Return the place of the stack's own provider."""
        caller, region = await asyncio.gather(
            self._ask("index/getCallerIdentity", "sts:GetCallerIdentity"), self._ask("index/getRegion", "")
        )
        if isinstance(caller, Refused):
            return caller
        return _read(region, lambda own: Here(Arn.parse(caller["arn"]).partition, own["region"], caller["accountId"]))

    async def output(self, wanted: StackOutput, stack: str) -> object:
        """Return an output of another stack, given by its full name; None when the stack has no such output."""
        try:
            # A stack is registered once, even if several placements refer to it.
            reference = self._stacks.get(stack) or pulumi.StackReference(stack)
            self._stacks[stack] = reference
            details = await reference.get_output_details(wanted.output)
        except Exception as error:  # noqa: BLE001 - the SDK raises plain Exception for a stack that does not exist
            return Refused(_reason(error))
        return details.value if details.value is not None else details.secret_value

    async def _resource(self, kind: str, name: str) -> Answer[Mapping[str, Any]]:
        """Return the resource of a CloudFormation type, through the Cloud Control API."""
        return await self._ask("cloudcontrol/getResource", "cloudformation:GetResource", typeName=kind, identifier=name)

    async def _key(self, arn: str) -> Answer[Mapping[str, Any]]:
        return await self._ask("kms/getKey", "kms:DescribeKey", region=Arn.parse(arn).region, keyId=arn)

    async def _ask(
        self, function: str, permission: str, **arguments: str | tuple[str, ...]
    ) -> Answer[Mapping[str, Any]]:
        """Return the answer of a function such as `ecs/getCluster`. An equal question shares the answer."""
        question = (function, *arguments.values())
        if question not in self._answers:
            self._answers[question] = asyncio.create_task(self._invoke(function, permission, arguments))
        return await self._answers[question]

    async def _invoke(
        self, function: str, permission: str, arguments: Mapping[str, str | tuple[str, ...]]
    ) -> Answer[Mapping[str, Any]]:
        given = {name: one if isinstance(one, str) else list(one) for name, one in arguments.items()}
        try:
            return await provider_functions.call(function, given)
        except Exception as error:  # noqa: BLE001 - the SDK raises plain Exception for a function that failed
            return _refusal(_reason(error), permission)


def _read(answer: Answer[Mapping[str, Any]], read: Callable[[Mapping[str, Any]], Answer[T]]) -> Answer[T]:
    return answer if isinstance(answer, Refused) else read(answer)


def _of_secret(answer: Answer[Mapping[str, Any]]) -> Answer[Mapping[str, Any]]:
    """Return the answer about a secret, in other words if there is none."""
    if isinstance(answer, Refused) and _MISSING in str(answer):
        return Refused("no such secret, or it is scheduled for deletion")
    return answer


def _arn(answer: Mapping[str, Any]) -> str:
    return str(answer["arn"])


_OF_AWS = "AWS"
"""The manager of a key that AWS has made, such as that of Secrets Manager, with which who may read may decrypt."""
_NEEDED_TO_DECRYPT = {"keyState": "Enabled"}
_NEEDED_OF_A_KEY = {**_NEEDED_TO_DECRYPT, "keySpec": "SYMMETRIC_DEFAULT", "keyManager": "CUSTOMER"}
"""SNS, SQS, DynamoDB and CloudWatch Logs take only symmetric keys. The policy of AWS's own keys cannot be changed."""


def _key_with(needed: Mapping[str, str], answer: Mapping[str, Any]) -> Answer[str]:
    wrong = [
        f"its {name} is {answer[name]}; must be {wanted}" for name, wanted in needed.items() if answer[name] != wanted
    ]
    return Refused("; ".join(wrong)) if wrong else _arn(answer)


def _vpc(answer: Mapping[str, Any]) -> str:
    return str(answer["vpcId"])


def _refusal(reason: str, permission: str) -> Refused:
    """Return a refusal, with the permission if that is the reason. AWS does not always name the permission."""
    if not _DENIED.search(reason):
        return Refused(reason)
    named = _PERMISSION.search(reason)
    return Refused(reason, named[1] if named else permission)


def _reason(error: Exception) -> str:
    """Return the reason of an error, without the text about how the request reached AWS."""
    text = " ".join(str(error).split())
    if _PAGE.search(text):
        return "AWS sent a web page in place of an answer; a proxy may have, or the region may be down. Try it again"
    return _WRAPPING.sub("", text.rpartition("returned an error: ")[2])
