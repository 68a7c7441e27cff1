"""The resource docker-build.Image: built by Docker on this machine, and put into the embedded ECR."""

# ruff: noqa: ARG002, D102, N802 - the methods are those of provider.proto, which documents them

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Final

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2

from emulator.iam.credentials import Credentials
from emulator.provider.builds import VERSIONS, docker, push
from emulator.provider.builds.servicer import Context, Servicer
from emulator.provider.core.clients import Aws, Clients
from emulator.provider.core.errors import ProviderError
from emulator.provider.core.properties import UNKNOWN, Properties, decode, encode, has_unknown

_OUTPUTS: Final = ("contextHash", "digest", "ref")
_ADDED: Final = {"buildOnPreview": True, "network": "default"}
"""The defaults that the real provider adds to the inputs."""


class DockerBuildServicer(Servicer):
    """The package docker-build, with this resource alone.

    As the real one, it builds no image with `push` in a preview (pulumi-docker-build, issue 252).
    """

    version = VERSIONS["docker-build"]

    def Check(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        inputs = {**_ADDED, **decode(request.news)}
        failures = [
            provider_pb2.CheckFailure(property=name, reason=reason)
            for name, reason in ([] if has_unknown(inputs) else _problems(inputs))
        ]
        return provider_pb2.CheckResponse(inputs=encode(inputs), failures=failures)

    def Diff(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        olds, news = decode(request.olds), decode(request.news)
        keys = {key for key in (olds | news).keys() - set(_OUTPUTS) if olds.get(key) != news.get(key)}
        if context_hash(news) != olds.get("contextHash"):
            keys.add("contextHash")
        if not keys:
            return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
        update = provider_pb2.PropertyDiff(kind=provider_pb2.PropertyDiff.UPDATE)
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME,
            diffs=sorted(keys),
            hasDetailedDiff=True,
            detailedDiff=dict.fromkeys(sorted(keys), update),
        )

    def Create(self, request: provider_pb2.CreateRequest, context: Context) -> provider_pb2.CreateResponse:
        inputs = decode(request.properties)
        state = _previewed(inputs) if request.preview else _built(inputs, context)
        return provider_pb2.CreateResponse(id=state["digest"], properties=encode(state))

    def Update(self, request: provider_pb2.UpdateRequest, context: Context) -> provider_pb2.UpdateResponse:
        inputs = decode(request.news)
        state = _previewed(inputs) if request.preview else _built(inputs, context)
        return provider_pb2.UpdateResponse(properties=encode(state))

    def Read(self, request: provider_pb2.ReadRequest, context: Context) -> provider_pb2.ReadResponse:
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> empty_pb2.Empty:
        """Leave the image to its repository: registries need not delete (pulumi-docker-build, cli.go, Delete)."""
        return empty_pb2.Empty()


def _problems(inputs: Properties) -> list[tuple[str, str]]:
    """Return property and reason of each mistake, in the real provider's words."""
    context, dockerfile = inputs["context"]["location"], inputs["dockerfile"].get("location")
    if not Path(context).is_dir():
        return [("context.location", f'"{context}": not a valid directory or URL')]
    if dockerfile and not Path(dockerfile).is_file():
        return [("dockerfile.location", f"open {dockerfile}: no such file or directory")]
    return []


def _previewed(inputs: Properties) -> Properties:
    return {**inputs, **dict.fromkeys(_OUTPUTS, UNKNOWN)}


def _built(inputs: Properties, context: Context) -> Properties:
    """Build and push the image, and return the state."""
    (name,) = inputs["tags"]
    try:
        image = docker.build(
            context=inputs["context"]["location"],
            file=inputs["dockerfile"].get("location"),
            target=inputs.get("target"),
            args=inputs.get("buildArgs") or {},
            platforms=inputs["platforms"],
        )
        digest = push.push(_aws(name), image, name)
    except ProviderError as error:
        context.abort(grpc.StatusCode.UNKNOWN, str(error))
    return {**inputs, "contextHash": context_hash(inputs), "digest": digest, "ref": f"{name}@{digest}"}


def context_hash(inputs: Properties) -> str:
    """Return a hash of the files of the context, with their names and modes.

    The real provider leaves out what `.dockerignore` names. Here a change of such a file builds the same image again.
    """
    found = hashlib.sha256()
    folder = Path(inputs["context"]["location"])
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        found.update(f"{file.relative_to(folder)} {file.stat().st_mode:o} ".encode())
        found.update(hashlib.sha256(file.read_bytes()).digest())
    return found.hexdigest()


def _aws(name: str) -> Aws:
    """Return the embedded AWS of this process's environment, in the region of a registry."""
    credentials = Credentials(
        os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], os.environ["AWS_SESSION_TOKEN"]
    )
    return Aws(Clients(os.environ["AWS_ENDPOINT_URL"], credentials), name.split(".")[3])
