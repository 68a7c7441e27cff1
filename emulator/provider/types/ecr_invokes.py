"""The functions that read images of private ECR registries, and get the token to log in."""

# ruff: noqa: D102, S105 - Function documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from emulator.provider.core.errors import ProviderError
from emulator.provider.core.invoke import Function
from emulator.provider.core.spelling import present, rfc3339

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Properties


class GetImage(Function):
    """aws.ecr.get_image, by tag or digest."""

    token = "aws:ecr/getImage:getImage"
    label = "ECR Image"
    named_by = "repositoryName"

    def run(self, aws: Aws, args: Properties) -> Properties:
        if "mostRecent" in args:
            raise ProviderError(f"the sandbox's {self.label} has no argument 'mostRecent'")
        wanted = present(imageTag=args.get("imageTag"), imageDigest=args.get("imageDigest"))
        request: dict[str, Any] = present(
            repositoryName=args["repositoryName"], registryId=args.get("registryId"), imageIds=[wanted]
        )
        (found,) = aws.client("ecr").describe_images(**request)["imageDetails"]
        registry, digest = found["registryId"], found["imageDigest"]
        return {
            "id": digest,
            "imageDigest": digest,
            "imagePushedAt": int(found["imagePushedAt"].timestamp()),
            "imageSizeInBytes": int(found.get("imageSizeInBytes", 0)),
            "imageTag": args.get("imageTag", ""),
            "imageTags": found.get("imageTags", []),
            "mostRecent": False,
            "imageUri": f"{registry}.dkr.ecr.{aws.region}.amazonaws.com/{found['repositoryName']}@{digest}",
            "region": aws.region,
            "registryId": registry,
            "repositoryName": found["repositoryName"],
        }


class GetAuthorizationToken(Function):
    """aws.ecr.get_authorization_token: user name and password with which Docker logs in to a registry."""

    token = "aws:ecr/getAuthorizationToken:getAuthorizationToken"
    label = "ECR Authorization Token"
    named_by = "registryId"

    def run(self, aws: Aws, args: Properties) -> Properties:
        registries = {"registryIds": [args["registryId"]]} if "registryId" in args else {}
        (found,) = aws.client("ecr").get_authorization_token(**registries)["authorizationData"]
        user, _, password = base64.b64decode(found["authorizationToken"]).decode().partition(":")
        return {
            "authorizationToken": found["authorizationToken"],
            "expiresAt": rfc3339(found["expiresAt"]),
            "id": aws.region,
            "password": password,
            "proxyEndpoint": found["proxyEndpoint"],
            "region": aws.region,
            "registryId": args.get("registryId"),
            "userName": user,
        }
