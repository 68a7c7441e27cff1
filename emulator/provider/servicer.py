"""The gRPC interface of the provider: it converts protobuf messages, and delegates all other work."""

# ruff: noqa: ARG002, D102, N802 - the methods are those of provider.proto, which documents them

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias, TypeVar

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from emulator.provider import registry
from emulator.provider.core.clients import Aws, Clients
from emulator.provider.core.compare import Change, path_text
from emulator.provider.core.errors import NotSupportedError, ProviderError, doing
from emulator.provider.core.lifecycle import Lifecycle, Settings, UnfinishedError
from emulator.provider.core.properties import Json, Properties, decode, encode, has_unknown, is_unknown

if TYPE_CHECKING:
    from collections.abc import Callable

    from emulator.provider.core.resource import ResourceType

VERSION: Final = "7.51.1"
"""The version of pulumi-aws whose types and names this provider follows."""

Context: TypeAlias = grpc.ServicerContext
T = TypeVar("T")


class AwsServicer(provider_pb2_grpc.ResourceProviderServicer):
    """The `aws` package for one embedded AWS; handlers may run on many threads at once.

    The engine opens a connection for each provider resource of a program, and all connections end here. The
    configuration is therefore stored per connection.
    """

    def __init__(self, clients: Clients) -> None:
        """Serve requests with the clients of the embedded AWS."""
        self._clients = clients
        self._settings: dict[str, Settings] = {}
        self._latest = Settings()
        self._lock = threading.Lock()

    def Handshake(
        self, request: provider_pb2.ProviderHandshakeRequest, context: Context
    ) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    def Attach(self, request: plugin_pb2.PluginAttach, context: Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def Cancel(self, request: empty_pb2.Empty, context: Context) -> empty_pb2.Empty:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: empty_pb2.Empty, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=VERSION)

    def GetSchema(self, request: provider_pb2.GetSchemaRequest, context: Context) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(schema="{}")

    def CheckConfig(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        response = provider_pb2.CheckResponse(inputs=request.news)
        if not decode(request.news).get("region"):
            reason = "Missing region configuration: set it with `pulumi config set aws:region <region>`"
            response.failures.append(provider_pb2.CheckFailure(property="region", reason=reason))
        return response

    def DiffConfig(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        olds, news = (decode(request.old_inputs) or decode(request.olds)), decode(request.news)
        keys = [key for key in {**olds, **news} if olds.get(key) != news.get(key)]
        if not keys:
            return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
        replaces = [key for key in keys if key == "region" and not is_unknown(news.get(key))]
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_SOME, diffs=keys, replaces=replaces)

    def Configure(self, request: provider_pb2.ConfigureRequest, context: Context) -> provider_pb2.ConfigureResponse:
        settings = _settings(request)
        with self._lock:
            self._settings[context.peer()] = self._latest = settings
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    def Invoke(self, request: provider_pb2.InvokeRequest, context: Context) -> provider_pb2.InvokeResponse:
        def run() -> provider_pb2.InvokeResponse:
            function = registry.function(request.tok)
            args = decode(request.args)
            if has_unknown(args):
                return provider_pb2.InvokeResponse()
            aws = Aws(self._clients, str(args.get("region") or self._of(context).region))
            with doing("reading", function.label, function.name_of(args)):
                result = function.run(aws, args)
            return provider_pb2.InvokeResponse(**{"return": encode(result)})

        return _guarded(context, run)

    def Check(self, request: provider_pb2.CheckRequest, context: Context) -> provider_pb2.CheckResponse:
        def run() -> provider_pb2.CheckResponse:
            kind = _kind(request)
            olds, news = decode(request.olds), decode(request.news)
            inputs, failures = self._life(context).check(kind, olds, news, request)
            found = [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in failures]
            return provider_pb2.CheckResponse(inputs=encode(inputs), failures=found)

        return _guarded(context, run)

    def Diff(self, request: provider_pb2.DiffRequest, context: Context) -> provider_pb2.DiffResponse:
        def run() -> provider_pb2.DiffResponse:
            kind = _kind(request)
            state = decode(request.olds)
            olds = decode(request.old_inputs) if request.old_inputs.fields else state
            found, delete_first = self._life(context).diff(kind, olds, state, decode(request.news))
            return _diff_response(kind, found, delete_first=delete_first)

        return _guarded(context, run)

    def Create(self, request: provider_pb2.CreateRequest, context: Context) -> provider_pb2.CreateResponse:
        def run() -> provider_pb2.CreateResponse:
            kind, inputs = _kind(request), decode(request.properties)
            if request.preview:
                return provider_pb2.CreateResponse(properties=encode(self._life(context).preview(kind, {}, inputs)))
            resource_id, state = self._life(context).create(kind, inputs)
            return provider_pb2.CreateResponse(id=resource_id, properties=encode(state))

        return _guarded(context, run)

    def Read(self, request: provider_pb2.ReadRequest, context: Context) -> provider_pb2.ReadResponse:
        def run() -> provider_pb2.ReadResponse:
            kind, inputs, state = _kind(request), decode(request.inputs), decode(request.properties)
            resource_id, actual, described = self._life(context).read(kind, request.id, inputs, state)
            return provider_pb2.ReadResponse(id=resource_id, properties=encode(actual), inputs=encode(described))

        return _guarded(context, run)

    def Update(self, request: provider_pb2.UpdateRequest, context: Context) -> provider_pb2.UpdateResponse:
        def run() -> provider_pb2.UpdateResponse:
            kind, state, news = _kind(request), decode(request.olds), decode(request.news)
            olds = decode(request.old_inputs) if request.old_inputs.fields else state
            life = self._life(context)
            if request.preview:
                return provider_pb2.UpdateResponse(properties=encode(life.preview(kind, state, news)))
            return provider_pb2.UpdateResponse(properties=encode(life.update(kind, request.id, olds, state, news)))

        return _guarded(context, run)

    def Delete(self, request: provider_pb2.DeleteRequest, context: Context) -> empty_pb2.Empty:
        def run() -> empty_pb2.Empty:
            self._life(context).delete(_kind(request), request.id, decode(request.properties))
            return empty_pb2.Empty()

        return _guarded(context, run)

    def _of(self, context: Context) -> Settings:
        return self._settings.get(context.peer(), self._latest)

    def _life(self, context: Context) -> Lifecycle:
        return Lifecycle(self._clients, self._of(context))


def _kind(request: Json) -> ResourceType:
    return registry.resource(request.type or request.urn.split("::")[2].split("$")[-1])


def _settings(request: provider_pb2.ConfigureRequest) -> Settings:
    start = "aws:config:"
    config: Properties = {key.removeprefix(start): value for key, value in request.variables.items()}
    config.update(decode(request.args))
    region = config.get("region", "")
    tags = _structured(config.get("defaultTags", {})).get("tags", {})
    known = not is_unknown(region)
    return Settings(str(region) if known else "", tuple((key, str(value)) for key, value in tags.items()))


def _structured(value: Json) -> Properties:
    decoded = json.loads(value) if isinstance(value, str) and value.startswith("{") else value
    return decoded if isinstance(decoded, dict) else {}


def _diff_response(
    kind: ResourceType, found: list[tuple[Change, bool]], *, delete_first: bool
) -> provider_pb2.DiffResponse:
    if not found:
        return provider_pb2.DiffResponse(changes=provider_pb2.DiffResponse.DIFF_NONE)
    response = provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME, hasDetailedDiff=True, deleteBeforeReplace=delete_first
    )
    for change, replaces in found:
        top = str(change.path[0])
        if top not in response.diffs:
            response.diffs.append(top)
        if replaces and top not in response.replaces:
            response.replaces.append(top)
        name = "ADD" if change.old is None else "DELETE" if change.new is None else "UPDATE"
        step = provider_pb2.PropertyDiff.Kind.Value(f"{name}_REPLACE" if replaces else name)
        # The engine shows the old value from the inputs or from the state, whichever was compared.
        difference = provider_pb2.PropertyDiff(kind=step, inputDiff=top not in kind.shared)
        response.detailedDiff[path_text(change.path)].CopyFrom(difference)
    return response


def _guarded(context: Context, run: Callable[[], T]) -> T:
    try:
        return run()
    except NotSupportedError as error:
        _fail(context, grpc.StatusCode.INVALID_ARGUMENT, str(error))
    except UnfinishedError as error:
        details = provider_pb2.ErrorResourceInitFailed(
            id=error.resource_id, properties=encode(error.state), inputs=encode(error.inputs), reasons=[error.reason]
        )
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=error.reason)
        status.details.add().Pack(details)
        context.set_trailing_metadata((("grpc-status-details-bin", status.SerializeToString()),))
        _fail(context, grpc.StatusCode.UNKNOWN, error.reason)
    except ProviderError as error:
        _fail(context, grpc.StatusCode.UNKNOWN, str(error))


def _fail(context: Context, code: grpc.StatusCode, message: str) -> NoReturn:
    context.abort(code, message)
    raise AssertionError(message)  # abort raises by itself
