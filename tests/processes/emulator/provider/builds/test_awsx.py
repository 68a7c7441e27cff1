"""The stand-in for awsx refuses what it cannot do as the real one does. The tests of the engine build with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from pulumi.runtime.proto import provider_pb2

from emulator.provider.builds.awsx import IMAGE, AwsxServicer
from emulator.provider.core.properties import encode

if TYPE_CHECKING:
    import grpc


class AbortedError(Exception):
    """The call ended with an error."""


class Call:
    """gRPC's context, as far as it is used."""

    def abort(self, code: grpc.StatusCode, message: str) -> NoReturn:
        """End the call."""
        del code
        raise AbortedError(message)


URL = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/app"


@pytest.mark.parametrize(
    ("kind", "inputs", "expected"),
    [
        (
            "awsx:ecs:FargateTaskDefinition",
            {},
            "has no component 'awsx:ecs:FargateTaskDefinition'; it must be " + IMAGE,
        ),
        (IMAGE, {"repositoryUrl": URL, "folder": "app"}, "has no input 'folder'; it must be one of: args, "),
        (IMAGE, {"imageTag": "app"}, "Missing required property 'repositoryUrl'"),
        (IMAGE, {"repositoryUrl": URL}, "makes no name of its own; set imageTag"),
    ],
)
def test_says_what_is_wrong(kind: str, inputs: dict[str, Any], expected: str) -> None:
    """Before it registers anything."""
    request = provider_pb2.ConstructRequest(type=kind, name="app", inputs=encode(inputs))
    with pytest.raises(AbortedError, match=expected):
        AwsxServicer().Construct(request, Call())
