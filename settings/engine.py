"""The stack's config as the Pulumi engine hands it to the program."""

from __future__ import annotations

import json
from typing import Any

import pulumi

from settings import NAMESPACE, Problems

_MAY_BE_SECRET = frozenset({"alerts"})


def read(problems: Problems) -> dict[str, Any]:
    """Return the values of the stack's `scheduled-jobs:*` keys, by key without its namespace.

    A secret where it would be stored and shown in clear is a problem; no message repeats its value.
    """
    prefix = NAMESPACE + ":"
    values = {k.removeprefix(prefix): v for k, v in pulumi.runtime.get_config_env().items() if k.startswith(prefix)}
    secret = {key for key in values if pulumi.runtime.is_config_secret(prefix + key)}
    problems.hide_values_under(prefix + key for key in secret)
    for key in sorted(secret - _MAY_BE_SECRET):
        problems.add(
            prefix + key,
            "holds a secret, but what is configured here is stored and shown in clear; put secrets into the task "
            "definition's 'secrets' (Secrets Manager or SSM), where only the container reads them",
        )
    return {key: _value(text) for key, text in values.items()}


def _value(text: str) -> Any:
    """Read what the engine sends: JSON for a mapping or a list, the bare text for a scalar."""
    try:
        return json.loads(text) if text[:1] in "{[" else text
    except ValueError:
        return text
