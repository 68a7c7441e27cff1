"""The lifecycle of a resource of any type: check, diff, create, read, update and delete on plain properties."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from emulator.provider.core import naming
from emulator.provider.core.clients import Aws, Clients
from emulator.provider.core.compare import Change, as_inputs, changes, keep_spelling
from emulator.provider.core.errors import GoneError, ProviderError, doing, error_code
from emulator.provider.core.properties import DEFAULTS_KEY, UNKNOWN, Json, Properties, has_unknown, is_unknown

if TYPE_CHECKING:
    from pulumi.runtime.proto import provider_pb2

    from emulator.provider.core.resource import ResourceType

_IMPORT_REGION: Final = re.compile(r"^(?P<id>.+)@(?P<region>[a-z]{2}(-[a-z]+)+-\d)$")
_DEFAULT_REGION: Final = "us-east-1"  # for global services only: their calls have to be signed for some region


class UnfinishedError(Exception):
    """The resource exists, but a call after the one that created it failed."""

    def __init__(self, resource_id: str, state: Properties, inputs: Properties, reason: str) -> None:
        """Create the error from the values that the engine must store, and why the resource is unfinished."""
        super().__init__(reason)
        self.resource_id, self.state, self.inputs, self.reason = resource_id, state, inputs, reason


@dataclass(frozen=True)
class Settings:
    """The configuration of one provider resource."""

    region: str = ""
    default_tags: tuple[tuple[str, str], ...] = ()


class Lifecycle:
    """The lifecycle of resources on one embedded AWS with one provider configuration."""

    def __init__(self, clients: Clients, settings: Settings) -> None:
        """Use these clients and this provider configuration."""
        self._clients, self._settings = clients, settings

    def check(
        self, kind: ResourceType, olds: Properties, news: Properties, request: provider_pb2.CheckRequest
    ) -> tuple[Properties, list[tuple[str, str]]]:
        """Return the inputs, completed as by the real provider, and (property, reason) for each mistake."""
        inputs = {key: value for key, value in news.items() if not key.startswith("__")}
        failures = [
            (key, f"the sandbox's {kind.label} has no input {key!r}; it must be one of: {kind.accepted_text}")
            for key in inputs
            if key not in kind.accepted
        ]
        failures += [
            (key, f"Missing required argument: {key!r} is required") for key in kind.required if key not in inputs
        ]
        for key in kind.json_inputs & inputs.keys():
            if isinstance(inputs[key], dict | list):
                inputs[key] = UNKNOWN if has_unknown(inputs[key]) else json.dumps(inputs[key])
        self._add_shared(kind, inputs)
        filled = _fill_defaults(kind, inputs)
        rule = kind.auto_name
        if rule and rule.name_property not in inputs:
            old = olds.get(rule.name_property)
            inputs[rule.name_property] = old or naming.invent(rule, inputs, request)
            filled.append(rule.name_property)
        failures += kind.check(inputs)
        return {**inputs, DEFAULTS_KEY: sorted(filled)}, failures

    def diff(
        self, kind: ResourceType, olds: Properties, state: Properties, news: Properties
    ) -> tuple[list[tuple[Change, bool]], bool]:
        """Return each change with whether it replaces the resource, and whether the old one must be deleted first."""
        # A program that now sets the value that AWS chose changes nothing.
        chosen = _only(kind.computed, state)
        before = _only(kind.accepted, {**chosen, **olds, **_only(kind.shared, state)})
        after = _only(kind.accepted, news)
        found = [(change, change.path[0] in kind.replacing) for change in changes(kind.rules, before, after)]
        named = kind.auto_name.name_property if kind.auto_name else ""
        explicit = bool(named) and named in after and named not in news.get(DEFAULTS_KEY, [])
        kept = explicit and before.get(named) == after.get(named)
        return found, kept and any(replaces for _, replaces in found)

    def preview(self, kind: ResourceType, olds: Properties, news: Properties) -> Properties:
        """Return the state after a creation (`olds` is {}) or an update, as far as it is known before."""
        inputs = _plain(news)
        state = {key: value for key, value in olds.items() if key not in kind.accepted or key in kind.computed}
        if not olds:
            state = dict.fromkeys(kind.outputs | (kind.computed & kind.inputs) - inputs.keys(), UNKNOWN)
        if "tags" in kind.inputs:
            state["tagsAll"] = inputs.get("tags", {})
        return {**state, **inputs}

    def create(self, kind: ResourceType, news: Properties) -> tuple[str, Properties]:
        """Create the resource, and return its id and state.

        Raises UnfinishedError when the resource exists but is not complete.
        """
        inputs = _plain(news)
        aws = self._aws(inputs)
        with doing("creating", kind.label, kind.name_of(inputs)):
            resource_id = kind.create(aws, inputs)
        try:
            with doing("creating", kind.label, resource_id):
                kind.finish(aws, resource_id, inputs)
            return self._state(kind, aws, resource_id, inputs, {})
        except ProviderError as error:
            raise UnfinishedError(resource_id, inputs, news, str(error)) from error

    def update(
        self, kind: ResourceType, resource_id: str, olds: Properties, state: Properties, news: Properties
    ) -> Properties:
        """Update the resource from the inputs `olds` to the inputs `news`, and return its state."""
        inputs = _plain(news)
        aws = self._aws(inputs)
        # A value that AWS chose stays as it is when the program does not set it.
        chosen = {key: state[key] for key in kind.computed - kind.volatile if key in state and key not in inputs}
        told = {key: value for key, value in _plain(olds).items() if key in inputs or key not in kind.computed}
        old = {**_only(kind.outputs, state), **told, **chosen, **_only(kind.shared, state)}
        with doing("updating", kind.label, resource_id):
            kind.update(aws, resource_id, old, {**inputs, **chosen})
        return self._state(kind, aws, resource_id, inputs, state)[1]

    def read(
        self, kind: ResourceType, resource_id: str, inputs: Properties, state: Properties
    ) -> tuple[str, Properties, Properties]:
        """Return the id, state and inputs as on AWS; an empty id when the resource is gone. `state` is {} on import."""
        imported = _IMPORT_REGION.match(resource_id) if kind.regional and not state else None
        region = imported["region"] if imported else ""
        if imported:
            resource_id = imported["id"]
        aws = self._aws({"region": region} if region else state)
        actual = self._actual(kind, aws, resource_id, state)
        if actual is None:
            return "", {}, {}
        resource_id = actual.pop("id", resource_id)
        given = _plain(inputs)
        actual = _with_memory(kind, actual, given, state)
        rules = kind.rules if state else replace(kind.rules, computed=frozenset())  # an import records every value
        shown = as_inputs(rules, given, actual, kind.accepted - kind.write_only)
        kept = {key: given[key] for key in kind.write_only if key in given}
        mark = inputs.get(DEFAULTS_KEY, [])
        described = {**shown, **kept, DEFAULTS_KEY: [key for key in mark if key in shown or key in kept]}
        return resource_id, {**keep_spelling(kind.rules, {**given, **state}, actual), **kept}, described

    def delete(self, kind: ResourceType, resource_id: str, state: Properties) -> None:
        """Delete the resource; one that is already gone counts as deleted."""
        aws = self._aws(state)
        with doing("deleting", kind.label, resource_id):
            try:
                kind.delete(aws, resource_id, state)
            except GoneError:
                return
            except ClientError as error:
                if error_code(error) not in kind.gone:
                    raise

    def _aws(self, properties: Properties) -> Aws:
        region = properties.get("region") or self._settings.region or _DEFAULT_REGION
        return Aws(self._clients, str(region))

    def _add_shared(self, kind: ResourceType, inputs: Properties) -> None:
        if kind.regional and self._settings.region and "region" not in inputs:
            inputs["region"] = self._settings.region
        if "tags" in kind.inputs and self._settings.default_tags and not is_unknown(inputs.get("tags")):
            inputs["tags"] = {**dict(self._settings.default_tags), **inputs.get("tags", {})}

    def _actual(self, kind: ResourceType, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        with doing("reading", kind.label, resource_id):
            try:
                actual = kind.read(aws, resource_id, known)
            except GoneError:
                return None
            except ClientError as error:
                if error_code(error) not in kind.gone:
                    raise
                return None
        if actual is None:
            return None
        shared: Properties = {"region": aws.region} if kind.regional else {}
        if "tags" in actual:
            shared["tagsAll"] = actual["tags"]
        return {**actual, **shared}

    def _state(
        self, kind: ResourceType, aws: Aws, resource_id: str, inputs: Properties, state: Properties
    ) -> tuple[str, Properties]:
        actual = self._actual(kind, aws, resource_id, {**state, **inputs})
        if actual is None:
            raise ProviderError(f"reading {kind.label} ({resource_id}): couldn't find resource")
        resource_id = actual.pop("id", resource_id)
        kept = {key: inputs[key] for key in kind.write_only if key in inputs}
        return resource_id, {**keep_spelling(kind.rules, inputs, _with_memory(kind, actual, inputs, state)), **kept}


def _only(keys: frozenset[str], properties: Properties) -> Properties:
    return {key: value for key, value in properties.items() if key in keys}


def _plain(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if not key.startswith("__")}


def _with_memory(kind: ResourceType, actual: Properties, inputs: Properties, state: Properties) -> Properties:
    remembered = {key: state[key] for key in kind.volatile if key in state and key not in inputs}
    return {**actual, **remembered}


def _fill_defaults(kind: ResourceType, inputs: Properties) -> list[str]:
    """Write the type's defaults into `inputs` where their parent exists, and return the top-level ones written."""
    written = []
    for parents, leaf, default in kind.places_of_defaults:
        target: Json = inputs
        for parent in parents:
            target = target.get(parent) if isinstance(target, dict) else None
        if isinstance(target, dict) and leaf not in target:
            target[leaf] = default
            if not parents:
                written.append(leaf)
    return written
