"""Reads the stack's config from the Pulumi engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pulumi

from settings import NAMESPACE, Problems, namespaces, regions, secrets, sent_value, stack_file

if TYPE_CHECKING:
    from collections.abc import Sequence


def read(problems: Problems) -> dict[str, object]:
    """Return the values of the project's keys in stack config, by key without the namespace.

    A secret in a place that is stored and shown in clear is a problem. No message repeats its value.
    """
    prefix = NAMESPACE + ":"
    config = pulumi.runtime.get_config_env()
    namespaces.check(config, problems)
    values = {k.removeprefix(prefix): v for k, v in config.items() if k.startswith(prefix)}
    region = config.get(regions.KEY)
    if region is not None and (doubt := regions.doubt(region)):
        problems.hide_values_under({regions.KEY} if pulumi.runtime.is_config_secret(regions.KEY) else ())
        problems.add_error(regions.KEY, region, ValueError(doubt))
    secret = {prefix + key for key in values if pulumi.runtime.is_config_secret(prefix + key)}
    leaves = stack_file.leaves(Path.cwd() / f"Pulumi.{pulumi.get_stack()}.yaml")
    problems.show_as_typed(leaves.typed)
    secrets.check(_offenders(secret, leaves.secrets), NAMESPACE, problems)
    return {key: sent_value.parse(text) for key, text in values.items()}


def _offenders(keys: set[str], paths: Sequence[str]) -> list[str]:
    """Return the paths of the secrets under these keys: the engine marks a whole key, the stack file has the paths."""
    return [
        path
        for key in sorted(keys)
        for path in [p for p in paths if p == key or p.startswith((f"{key}.", f"{key}["))] or [key]
    ]
