"""Conversion of nested values between the spelling of pulumi-aws and that of AWS's APIs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.provider.core.properties import Json


def present(**values: Json) -> dict[str, Json]:
    """Return the members that have a value; AWS uses the default for an absent one, but refuses null and often ''."""
    return {key: value for key, value in values.items() if value is not None and value not in ("", {}, [])}


def pascal(value: Json) -> Json:
    """Return `value` with a capital first letter in every key, as in most AWS APIs."""
    return _renamed(value, str.upper)


def camel(value: Json) -> Json:
    """Return `value` with a small first letter in every key, as in pulumi-aws."""
    return _renamed(value, str.lower)


def rfc3339(moment: datetime | None) -> str | None:
    """Return `moment` in UTC to the second, such as 2030-01-01T01:00:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def instant(value: Json) -> Json:
    """Return the canonical form of an RFC 3339 time: the same instant in UTC."""
    try:
        return rfc3339(datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return value


def network_request(
    network: Mapping[str, Json] | None, rename: Callable[[Json], Json] = pascal
) -> dict[str, Json] | None:
    """Return AWS's form of `networkConfiguration`, wrapped in awsvpcConfiguration; `rename` converts the keys."""
    if not network:
        return None
    public = "ENABLED" if network.get("assignPublicIp") else "DISABLED"
    inner = present(**{**network, "assignPublicIp": public})
    return {"awsvpcConfiguration": rename(inner)}


def network_state(response: Mapping[str, Json] | None) -> dict[str, Json] | None:
    """Return pulumi-aws's form of AWS's network configuration, whose keys may have either spelling."""
    inner = camel((response or {}).get("awsvpcConfiguration"))
    if not inner:
        return None
    return {**inner, "assignPublicIp": inner.get("assignPublicIp") == "ENABLED"}


def _renamed(value: Json, change: Callable[[str], str]) -> Json:
    if isinstance(value, dict):
        return {change(key[0]) + key[1:]: _renamed(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, change) for item in value]
    return value
