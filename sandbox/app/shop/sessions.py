"""The command that deletes old sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import SettingError
from .store import transaction
from .times import stamp

if TYPE_CHECKING:
    from datetime import timedelta

    from .store import Shop

MAX_BATCH = 10_000


def delete_expired(shop: Shop, older_than: timedelta, batch: int = 500) -> list[str]:
    """Delete sessions last seen longer than `older_than` before the tick; a transaction holds at most `batch` rows."""
    if not 1 <= batch <= MAX_BATCH:
        raise SettingError(f"--batch: {batch}: must be a number from 1 to {MAX_BATCH}")
    limit = stamp(shop.tick - older_than)
    deleted = batches = 0
    while True:
        with transaction(shop.db) as db:
            count = db.execute(
                "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE seen_at < ? ORDER BY seen_at LIMIT ?)",
                (limit, batch),
            ).rowcount
        deleted, batches = deleted + count, batches + (count > 0)
        if count < batch:
            break
    (left,) = shop.db.execute("SELECT count(*) FROM sessions").fetchone()
    parts = "1 batch" if batches == 1 else f"{batches} batches"
    return [f"deleted {deleted} sessions last seen before {limit}, in {parts}", f"{left} sessions remain"]
