"""A replacement for the engine, which sends a provider the engine's messages in the engine's order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from pulumi.runtime.proto import provider_pb2

from emulator.provider.core.properties import decode, encode

if TYPE_CHECKING:
    import grpc

    from emulator.provider.servicer import AwsServicer

Values = dict[str, Any]
REGION = "eu-central-1"


class AbortedError(Exception):
    """The provider answered a call with an error."""

    def __init__(self, code: grpc.StatusCode, message: str, metadata: tuple[tuple[str, bytes], ...]) -> None:
        super().__init__(message)
        self.code, self.message, self.metadata = code, message, metadata


class Call:
    """The part of a gRPC context that the provider uses; `connection` is the caller's address."""

    def __init__(self, connection: str) -> None:
        self._connection = connection
        self._metadata: tuple[tuple[str, bytes], ...] = ()

    def peer(self) -> str:
        """Return the caller's address."""
        return self._connection

    def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
        """Record the metadata of an error."""
        self._metadata = metadata

    def abort(self, code: grpc.StatusCode, message: str) -> NoReturn:
        """End the call with an error by an exception, as gRPC does."""
        raise AbortedError(code, message, self._metadata)


@dataclass(frozen=True)
class Deployed:
    """A resource as the engine's state has it."""

    token: str
    name: str
    id: str
    inputs: Values
    outputs: Values

    @property
    def urn(self) -> str:
        """The resource's URN."""
        return urn(self.token, self.name)


@dataclass(frozen=True)
class Difference:
    """The provider's answer to Diff; `detail` maps paths to kinds."""

    detail: dict[str, str] = field(default_factory=dict)
    replaces: tuple[str, ...] = ()
    delete_first: bool = False


def urn(token: str, name: str) -> str:
    """Return the URN of a resource of a stack."""
    return f"urn:pulumi:dev::project::{token}::{name}"


class Engine:
    """One configured connection to the provider."""

    def __init__(self, servicer: AwsServicer, connection: str = "ipv4:127.0.0.1:1", **config: str) -> None:
        self._servicer, self._connection = servicer, connection
        self._servicer.Configure(provider_pb2.ConfigureRequest(args=encode({"region": REGION, **config})), self.call())

    def call(self) -> Any:  # noqa: ANN401 - stands in for grpc.ServicerContext
        """Return the context of one call."""
        return Call(self._connection)

    def check(self, token: str, name: str, news: Values, olds: Values | None = None, **more: Any) -> Values:  # noqa: ANN401
        """Return the checked inputs; raise AssertionError if there are failures."""
        response = self.checked(token, name, news, olds, **more)
        assert not response.failures, response.failures
        return decode(response.inputs)

    def checked(
        self,
        token: str,
        name: str,
        news: Values,
        olds: Values | None = None,
        **more: Any,  # noqa: ANN401
    ) -> provider_pb2.CheckResponse:
        """Return the response of Check, including failures."""
        seed = more.pop("randomSeed", b"seed")
        request = {"olds": encode(olds or {}), "news": encode(news), "randomSeed": seed, **more}
        return self._servicer.Check(
            provider_pb2.CheckRequest(urn=urn(token, name), name=name, type=token, **request), self.call()
        )

    def create(self, token: str, name: str, news: Values) -> Deployed:
        """Check and create a resource."""
        inputs = self.check(token, name, news)
        request = provider_pb2.CreateRequest(urn=urn(token, name), type=token, properties=encode(inputs))
        response = self._servicer.Create(request, self.call())
        return Deployed(token, name, response.id, inputs, decode(response.properties))

    def preview(self, token: str, name: str, news: Values) -> Values:
        """Check and preview a creation, and return the outputs."""
        inputs = encode(self.check(token, name, news))
        request = provider_pb2.CreateRequest(urn=urn(token, name), type=token, properties=inputs, preview=True)
        return decode(self._servicer.Create(request, self.call()).properties)

    def diff(self, old: Deployed, news: Values) -> Difference:
        """Check `news`, and diff them with the deployed resource."""
        return self._diff(old, self.check(old.token, old.name, news, old.inputs))

    def update(self, old: Deployed, news: Values, *, preview: bool = False) -> Deployed:
        """Check and update a resource, or preview the update."""
        inputs = self.check(old.token, old.name, news, old.inputs)
        request = provider_pb2.UpdateRequest(
            id=old.id,
            urn=old.urn,
            type=old.token,
            olds=encode(old.outputs),
            old_inputs=encode(old.inputs),
            news=encode(inputs),
            preview=preview,
        )
        response = self._servicer.Update(request, self.call())
        return Deployed(old.token, old.name, old.id, inputs, decode(response.properties))

    def refresh(self, old: Deployed) -> tuple[Deployed | None, Difference]:
        """Read a deployed resource; return its new state, None when it is gone, and the changes in a refresh."""
        request = provider_pb2.ReadRequest(
            id=old.id, urn=old.urn, type=old.token, inputs=encode(old.inputs), properties=encode(old.outputs)
        )
        response = self._servicer.Read(request, self.call())
        if not response.id:
            return None, Difference()
        new = Deployed(old.token, old.name, response.id, decode(response.inputs), decode(response.properties))
        return new, self._diff(old, new.inputs)

    def import_(self, token: str, name: str, resource_id: str) -> Deployed:
        """Read a resource of which only the id is known."""
        response = self._servicer.Read(
            provider_pb2.ReadRequest(id=resource_id, urn=urn(token, name), type=token), self.call()
        )
        return Deployed(token, name, response.id, decode(response.inputs), decode(response.properties))

    def delete(self, old: Deployed) -> None:
        """Delete a deployed resource."""
        request = provider_pb2.DeleteRequest(id=old.id, urn=old.urn, type=old.token, properties=encode(old.outputs))
        self._servicer.Delete(request, self.call())

    def invoke(self, token: str, **args: Any) -> Values:  # noqa: ANN401 - any arguments
        """Call a function."""
        response = self._servicer.Invoke(provider_pb2.InvokeRequest(tok=token, args=encode(args)), self.call())
        return decode(getattr(response, "return"))

    def _diff(self, old: Deployed, inputs: Values) -> Difference:
        request = provider_pb2.DiffRequest(
            id=old.id,
            urn=old.urn,
            type=old.token,
            olds=encode(old.outputs),
            old_inputs=encode(old.inputs),
            news=encode(inputs),
        )
        response = self._servicer.Diff(request, self.call())
        kinds = provider_pb2.PropertyDiff.Kind
        detail = {path: kinds.Name(change.kind) for path, change in sorted(response.detailedDiff.items())}
        return Difference(detail, tuple(response.replaces), response.deleteBeforeReplace)
