"""The component awsx.ecr.Image: it has docker-build build and push an image, and returns its name by digest."""

# ruff: noqa: N802 - the methods are those of provider.proto

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import grpc
from pulumi.runtime.proto import provider_pb2, resource_pb2, resource_pb2_grpc

from emulator.provider.builds import VERSIONS
from emulator.provider.builds.servicer import Context, Servicer
from emulator.provider.core.properties import UNKNOWN, decode, encode, has_unknown

if TYPE_CHECKING:
    from emulator.provider.core.properties import Properties

IMAGE: Final = "awsx:ecr:Image"
_INPUTS: Final = frozenset(
    {"args", "builderVersion", "cacheFrom", "context", "dockerfile", "imageName", "imageTag", "platform"}
    | {"registryId", "repositoryUrl", "target"}
)
_TOKEN: Final = "aws:ecr/getAuthorizationToken:getAuthorizationToken"  # noqa: S105 - the name of a function


class AwsxServicer(Servicer):
    """The package awsx, with this component alone."""

    version = VERSIONS["awsx"]

    def Construct(self, request: provider_pb2.ConstructRequest, context: Context) -> provider_pb2.ConstructResponse:
        """Register the component and its image."""
        given = decode(request.inputs)
        if problem := _problem(request.type, given):
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, problem)
        with grpc.insecure_channel(request.monitorEndpoint) as channel:
            monitor = resource_pb2_grpc.ResourceMonitorStub(channel)
            component = monitor.RegisterResource(
                resource_pb2.RegisterResourceRequest(
                    type=IMAGE, name=request.name, parent=request.parent, object=request.inputs, acceptSecrets=True
                )
            )
            # awsx builds nothing before it knows all inputs, and a new repository is known after its creation only.
            uri = UNKNOWN if has_unknown(given) else _uri(monitor, component.urn, given)
            outputs = encode({"imageUri": uri})
            monitor.RegisterResourceOutputs(
                resource_pb2.RegisterResourceOutputsRequest(urn=component.urn, outputs=outputs)
            )
        return provider_pb2.ConstructResponse(urn=component.urn, state=outputs)


def _problem(kind: str, given: Properties) -> str | None:
    if kind != IMAGE:
        return f"the sandbox's awsx has no component {kind!r}; it must be {IMAGE}"
    for name in given:
        if name not in _INPUTS:
            return f"{IMAGE} has no input {name!r}; it must be one of: {', '.join(sorted(_INPUTS))}"
    if "repositoryUrl" not in given:
        return f"{IMAGE}: Missing required property 'repositoryUrl'"
    named = given.keys() & {"imageName", "imageTag"}
    return None if named else f"the sandbox's {IMAGE} makes no name of its own; set imageTag"


def _uri(monitor: resource_pb2_grpc.ResourceMonitorStub, parent: str, given: Properties) -> str:
    """Register the image of docker-build as awsx does, and return its name by its digest."""
    repository, tag = given["repositoryUrl"], str(given.get("imageName") or given["imageTag"])
    asked = resource_pb2.ResourceInvokeRequest(tok=_TOKEN, args=encode({"registryId": repository.partition(".")[0]}))
    token = decode(getattr(monitor.Invoke(asked), "return"))
    name = f"{repository}:{tag}"
    image: Properties = {
        "tags": [name],
        "buildArgs": given.get("args"),
        "cacheFrom": [{"registry": {"ref": ref}} for ref in given.get("cacheFrom") or [name]],
        "cacheTo": [{"inline": {}}],
        "context": {"location": given.get("context", ".")},
        "dockerfile": {"location": given["dockerfile"]} if "dockerfile" in given else {},
        "platforms": [given["platform"]] if "platform" in given else [],
        "target": given.get("target"),
        "push": True,
        "registries": [{"address": token["proxyEndpoint"], "username": token["userName"]}],
    }
    made = monitor.RegisterResource(
        resource_pb2.RegisterResourceRequest(
            type="docker-build:index:Image", name=tag, parent=parent, custom=True, object=encode(image)
        )
    )
    digest = decode(made.object).get("digest", UNKNOWN)
    return UNKNOWN if digest == UNKNOWN else f"{repository}@{digest}"
