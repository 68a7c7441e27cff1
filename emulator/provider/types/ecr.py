"""ECR: private repositories and their lifecycle policies."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from emulator.provider.core import tags
from emulator.provider.core.compare import json_text
from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Properties

_NO_REPOSITORY: Final = "RepositoryNotFoundException"


class Repository(ResourceType):
    """A repository; its id is its name."""

    token = "aws:ecr/repository:Repository"
    label = "ECR Repository"
    inputs = frozenset(
        {"encryptionConfigurations", "forceDelete", "imageScanningConfiguration", "imageTagMutability", "name", "tags"}
    )
    outputs = frozenset({"arn", "registryId", "repositoryUrl"})
    replace_on = frozenset({"encryptionConfigurations"})
    auto_name = AutoName(256)
    defaults: ClassVar = {"imageTagMutability": "MUTABLE"}
    computed = frozenset({"encryptionConfigurations", "imageScanningConfiguration"})
    write_only = frozenset({"forceDelete"})
    gone = frozenset({_NO_REPOSITORY})

    def create(self, aws: Aws, inputs: Properties) -> str:
        (encryption,) = inputs.get("encryptionConfigurations") or [{}]
        request = present(
            repositoryName=inputs["name"],
            imageTagMutability=inputs["imageTagMutability"],
            imageScanningConfiguration=inputs.get("imageScanningConfiguration"),
            encryptionConfiguration=present(
                encryptionType=encryption.get("encryptionType", "AES256" if encryption else None),
                kmsKey=encryption.get("kmsKey"),
            ),
            tags=tags.to_list(inputs.get("tags")),
        )
        return str(aws.client("ecr").create_repository(**request)["repository"]["repositoryName"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        client = aws.client("ecr")
        try:
            (found,) = client.describe_repositories(repositoryNames=[resource_id])["repositories"]
        except client.exceptions.RepositoryNotFoundException:
            return None
        encryption = found["encryptionConfiguration"]
        return {
            "arn": found["repositoryArn"],
            "encryptionConfigurations": [
                {"encryptionType": encryption["encryptionType"], "kmsKey": encryption.get("kmsKey", "")}
            ],
            "imageScanningConfiguration": {"scanOnPush": found["imageScanningConfiguration"]["scanOnPush"]},
            "imageTagMutability": found["imageTagMutability"],
            "name": found["repositoryName"],
            "registryId": found["registryId"],
            "repositoryUrl": found["repositoryUri"],
            "tags": tags.from_list(client.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("ecr")
        if new["imageTagMutability"] != old.get("imageTagMutability"):
            client.put_image_tag_mutability(repositoryName=resource_id, imageTagMutability=new["imageTagMutability"])
        scanning = new["imageScanningConfiguration"]
        if scanning != old.get("imageScanningConfiguration"):
            client.put_image_scanning_configuration(repositoryName=resource_id, imageScanningConfiguration=scanning)
        added, removed = tags.difference(old, new)
        if removed:
            client.untag_resource(resourceArn=old["arn"], tagKeys=removed)
        if added:
            client.tag_resource(resourceArn=old["arn"], tags=tags.to_list(added))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        aws.client("ecr").delete_repository(repositoryName=resource_id, force=bool(state.get("forceDelete")))


class LifecyclePolicy(ResourceType):
    """A repository's lifecycle policy; its id is the repository's name. Every change replaces it."""

    token = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
    label = "ECR Lifecycle Policy"
    inputs = frozenset({"policy", "repository"})
    outputs = frozenset({"registryId"})
    required = frozenset({"policy", "repository"})
    replace_on = inputs
    canonical: ClassVar = {"policy": json_text}
    json_inputs = frozenset({"policy"})
    gone = frozenset({_NO_REPOSITORY, "LifecyclePolicyNotFoundException"})

    def create(self, aws: Aws, inputs: Properties) -> str:
        answer = aws.client("ecr").put_lifecycle_policy(
            repositoryName=inputs["repository"], lifecyclePolicyText=inputs["policy"]
        )
        return str(answer["repositoryName"])

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        client = aws.client("ecr")
        try:
            found = client.get_lifecycle_policy(repositoryName=resource_id)
        except (client.exceptions.RepositoryNotFoundException, client.exceptions.LifecyclePolicyNotFoundException):
            return None
        return {
            "policy": found["lifecyclePolicyText"],
            "registryId": found["registryId"],
            "repository": found["repositoryName"],
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Do nothing, because every change replaces the policy."""

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        aws.client("ecr").delete_lifecycle_policy(repositoryName=resource_id)

    def name_of(self, inputs: Properties) -> str:
        return str(inputs.get("repository"))
