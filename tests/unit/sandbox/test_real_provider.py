"""The configuration of AWS's own provider leads each of its calls to the embedded AWS."""

from __future__ import annotations

import inspect

from pulumi_aws import ProviderArgs, ProviderEndpointArgs

from emulator.provider import registry
from sandbox import real_provider

OF_MODULES = {
    "cloudwatch": {"cloudwatch", "events", "logs"},
    "index": {"ec2", "sts"},
    "vpc": {"ec2"},
}
"""The services of modules that do not have the name of their only service."""
CONFIGURATION = real_provider.configuration("http://127.0.0.1:4566")


def test_every_service_of_a_known_type() -> None:
    """Each service behind a resource type or a function that the sandbox knows has an endpoint."""
    modules = {token.split(":")[1].partition("/")[0] for token in {**registry.RESOURCES, **registry.FUNCTIONS}}
    needed = set().union(*(OF_MODULES.get(module, {module}) for module in modules))
    assert needed <= set(real_provider.SERVICES)
    assert set(real_provider.SERVICES) - needed == {"s3"}


def test_names_are_the_provider_s() -> None:
    """Each key is one that the provider has, since it refuses others."""
    endpoints = {name.rstrip("_") for name in inspect.signature(ProviderEndpointArgs).parameters}
    assert set(real_provider.SERVICES) <= endpoints
    flags = {path.removeprefix("aws:") for path in CONFIGURATION if "[" not in path}
    assert flags <= {_camel(name) for name in inspect.signature(ProviderArgs).parameters}


def test_one_endpoint_for_all() -> None:
    """Every service has the endpoint of the sandbox."""
    found = {value for path, value in CONFIGURATION.items() if path.startswith("aws:endpoints[0].")}
    assert found == {"http://127.0.0.1:4566"}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)
