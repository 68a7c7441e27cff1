"""What the engine makes of a program's values before a provider sees them. Pulumi's mocks hand them on as they are."""

from __future__ import annotations

from typing import Any

import pulumi

from emulator.provider.core.assets import ARCHIVE, ASSET, same_content
from emulator.provider.core.properties import SIGNATURE


def as_sent(value: Any) -> Any:  # noqa: ANN401 - any input of a program
    """Give assets and archives, at any depth, as the engine sends them: marked, and archives with a hash."""
    if isinstance(value, pulumi.Asset):
        return {SIGNATURE: ASSET, **vars(value)}
    if isinstance(value, pulumi.AssetArchive):
        return _hashed({"assets": as_sent(value.assets)})
    if isinstance(value, pulumi.Archive):
        return _hashed(vars(value))
    if isinstance(value, dict):
        return {key: as_sent(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_sent(item) for item in value]
    return value


def _hashed(content: dict[str, Any]) -> dict[str, Any]:
    archive = {SIGNATURE: ARCHIVE, **content}
    return {**archive, "hash": same_content(archive)}
