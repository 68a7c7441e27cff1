"""Make orders and sessions like those of the web service, so that every tick finds new work."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from .times import stamp

if TYPE_CHECKING:
    import sqlite3

HISTORY = timedelta(days=45)
PRODUCTS = {"beans": 1290, "filter": 450, "grinder": 8900, "kettle": 5400, "mug": 1100, "scale": 3250}
SEED_RATES = {"CHF": "0.95", "GBP": "0.86", "USD": "1.08"}


def let_traffic_happen(db: sqlite3.Connection, tick: datetime) -> None:
    """Insert the orders and sessions up to `tick`, instead of the web service.

    Each hour has its own random seed, so its rows do not depend on which ticks run, nor on their order.
    """
    stored = db.execute("SELECT until FROM traffic").fetchone()
    since = max(datetime.fromisoformat(stored[0]), tick - HISTORY) if stored else tick - HISTORY
    if not stored:
        rates = [(since.date().isoformat(), currency, rate, stamp(since)) for currency, rate in SEED_RATES.items()]
        db.executemany("INSERT INTO rates VALUES (?, ?, ?, ?)", rates)
        db.execute("INSERT INTO traffic VALUES (?)", (stamp(since),))
    hour = since.replace(minute=0, second=0)
    orders, sessions = [], []
    while hour < tick:
        dice = random.Random(stamp(hour))  # noqa: S311 - sample data
        for second in sorted(dice.sample(range(3600), dice.randint(2, 6))):
            at, user = hour + timedelta(seconds=second), f"user-{dice.randint(1, 400)}"
            product, units = dice.choice(list(PRODUCTS)), dice.randint(1, 3)
            if since <= at < tick:
                sessions.append((stamp(at), user))
                if second % 2:
                    orders.append((stamp(at), product, units, units * PRODUCTS[product]))
        hour += timedelta(hours=1)
    db.executemany("INSERT INTO orders (placed_at, product, units, cents) VALUES (?, ?, ?, ?)", orders)
    db.executemany("INSERT INTO sessions (seen_at, user) VALUES (?, ?)", sessions)
    db.execute("UPDATE traffic SET until = max(until, ?)", (stamp(tick),))
