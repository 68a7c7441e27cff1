"""AWS's time at an answer. The clock of this machine may be wrong, and the sandbox has a clock of its own. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def of(answer: Mapping[str, Any], otherwise: datetime) -> datetime:
    """Return the time in the header `date` of boto3's answer (RFC 9110, section 6.6.1); `otherwise` without one."""
    written = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date", "")
    try:
        return parsedate_to_datetime(written).astimezone(UTC)
    except ValueError:
        return otherwise
