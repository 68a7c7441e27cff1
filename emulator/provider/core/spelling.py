"""Between pulumi-aws's spelling of nested values and that of AWS's APIs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.provider.core.properties import Json


def present(**values: Json) -> dict[str, Json]:
    """Give the members that have a value: AWS takes an absent member as the default, but refuses null and often ''."""
    return {key: value for key, value in values.items() if value is not None and value not in ("", {}, [])}


def pascal(value: Json) -> Json:
    """Give `value` with every key beginning with a capital, as most AWS APIs have them."""
    return _renamed(value, str.upper)


def camel(value: Json) -> Json:
    """Give `value` with every key beginning with a small letter, as pulumi-aws has them."""
    return _renamed(value, str.lower)


def rfc3339(moment: datetime | None) -> str | None:
    """Give `moment` in UTC to the second, such as 2030-01-01T01:00:00Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def instant(value: Json) -> Json:
    """Canonical form of an RFC 3339 time: the same instant in UTC."""
    try:
        return rfc3339(datetime.fromisoformat(value))
    except (TypeError, ValueError):
        return value


def network_request(
    network: Mapping[str, Json] | None, rename: Callable[[Json], Json] = pascal
) -> dict[str, Json] | None:
    """Give AWS's awsvpcConfiguration wrapper of `networkConfiguration`; `rename` spells the keys."""
    if not network:
        return None
    public = "ENABLED" if network.get("assignPublicIp") else "DISABLED"
    inner = present(**{**network, "assignPublicIp": public})
    return {"awsvpcConfiguration": rename(inner)}


def network_state(response: Mapping[str, Json] | None) -> dict[str, Json] | None:
    """Give pulumi-aws's `networkConfiguration` of AWS's wrapper in either spelling."""
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
