"""The commands that read orders: report, best sellers, export."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .errors import SettingError
from .store import csv_text, transaction, write_file
from .times import stamp

if TYPE_CHECKING:
    from .store import Shop


def build_report(shop: Shop, day: str, report_format: str = "csv") -> list[str]:
    """Write the totals per product of the orders on `day` (YYYY-MM-DD) up to the tick, to table and file."""
    if report_format not in ("csv", "jsonl"):
        raise SettingError(f"REPORT_FORMAT: {report_format!r}: must be csv or jsonl")
    now = stamp(shop.tick)
    with transaction(shop.db) as db:
        # A late retry of an earlier tick must not replace the counts of a later tick.
        if not db.execute("SELECT 1 FROM reports WHERE day = ? AND built_at > ?", (day, now)).fetchone():
            db.execute("DELETE FROM reports WHERE day = ?", (day,))
            db.execute(
                "INSERT INTO reports SELECT ?, product, count(*), sum(units), sum(cents), ? FROM orders"
                " WHERE placed_at BETWEEN ? AND ? AND placed_at < ? GROUP BY product",
                (day, now, f"{day}T00:00:00Z", f"{day}T23:59:59Z", now),
            )
        rows = db.execute(
            "SELECT day, product, orders, units, cents FROM reports WHERE day = ? ORDER BY product", (day,)
        )
        columns, found = [column[0] for column in rows.description], rows.fetchall()
        path = shop.directory / "reports" / f"orders-{day}.{report_format}"
        if report_format == "csv":
            write_file(path, csv_text(columns, found))
        else:
            write_file(path, "".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in found))
    orders, cents = sum(row[2] for row in found), sum(row[4] for row in found)
    return [f"{day}: {orders} orders of {len(found)} products, {cents / 100:.2f} EUR", f"wrote {path}"]


def refresh_cache(shop: Shop) -> list[str]:
    """Compute the five best sellers of the seven days before the tick, unless the cache has a later tick."""
    now, week_ago = stamp(shop.tick), stamp(shop.tick - timedelta(days=7))
    with transaction(shop.db) as db:
        before = db.execute("SELECT refreshed_at FROM cache WHERE key = 'best_sellers'").fetchone()
        best = db.execute(
            "SELECT product, sum(units) AS sold FROM orders WHERE placed_at >= ? AND placed_at < ?"
            " GROUP BY product ORDER BY sold DESC, product LIMIT 5",
            (week_ago, now),
        ).fetchall()
        db.execute(
            "INSERT INTO cache VALUES ('best_sellers', ?, ?) ON CONFLICT (key) DO UPDATE"
            " SET value = excluded.value, refreshed_at = excluded.refreshed_at"
            " WHERE excluded.refreshed_at > refreshed_at",
            (json.dumps([{"product": product, "units": units} for product, units in best]), now),
        )
    if before and before[0] > now:
        return [f"best_sellers: not changed, since its tick {before[0]} is later than {now}"]
    age = f"it was {shop.tick - datetime.fromisoformat(before[0])} old" if before else "it was empty"
    return [f"best_sellers: refreshed, {age}", ", ".join(f"{product} {units}" for product, units in best)]


def export_orders(shop: Shop) -> list[str]:
    """Write the orders since the last exported tick to a CSV file, unless this tick or a later one was exported."""
    now = stamp(shop.tick)
    with transaction(shop.db) as db:
        mark, *_ = db.execute("SELECT coalesce(max(tick), '') FROM exports").fetchone()
        if mark >= now:
            return [f"nothing to export: orders before {mark} are already exported"]
        rows = db.execute(
            "SELECT id, placed_at, product, units, cents FROM orders WHERE placed_at >= ? AND placed_at < ?"
            " ORDER BY placed_at, id",
            (mark, now),
        )
        columns, found = [column[0] for column in rows.description], rows.fetchall()
        path = shop.directory / "exports" / f"orders-{now.replace(':', '').replace('-', '')}.csv"
        # The file is written first. If the commit fails, the next attempt writes the same file again.
        write_file(path, csv_text(columns, found))
        db.execute("INSERT INTO exports VALUES (?, ?, ?)", (now, len(found), path.name))
    return [f"exported {len(found)} orders placed from {mark or 'the beginning'} to {now}", f"wrote {path}"]
