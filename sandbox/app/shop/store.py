"""The database of the shop, which is created on first use, and the files next to it."""

from __future__ import annotations

import csv
import fcntl
import io
import os
import sqlite3
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from .errors import SettingError
from .traffic import let_traffic_happen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, placed_at TEXT, product TEXT, units INT, cents INT);
CREATE INDEX IF NOT EXISTS orders_by_time ON orders (placed_at);
CREATE TABLE IF NOT EXISTS sessions (id INTEGER PRIMARY KEY, seen_at TEXT, user TEXT);
CREATE INDEX IF NOT EXISTS sessions_by_time ON sessions (seen_at);
CREATE TABLE IF NOT EXISTS rates (day TEXT, currency TEXT, rate TEXT, imported_at TEXT, PRIMARY KEY (day, currency));
CREATE TABLE IF NOT EXISTS reports
    (day TEXT, product TEXT, orders INT, units INT, cents INT, built_at TEXT, PRIMARY KEY (day, product));
CREATE TABLE IF NOT EXISTS cache (key TEXT PRIMARY KEY, value TEXT, refreshed_at TEXT);
CREATE TABLE IF NOT EXISTS exports (tick TEXT PRIMARY KEY, orders INT, file TEXT);
CREATE TABLE IF NOT EXISTS traffic (until TEXT);
"""


class Shop(NamedTuple):
    """The open database of a command, the directory for its files, and its tick (UTC, whole seconds)."""

    db: sqlite3.Connection
    directory: Path
    tick: datetime


@contextmanager
def open_shop(database: str, tick: datetime) -> Iterator[Shop]:
    """Open the SQLite file, create it on first use, and insert the service's own rows up to the tick."""
    path = Path(database).absolute()
    if not path.parent.is_dir():
        raise SettingError(f"DATABASE: {path}: the directory {path.parent} does not exist")
    with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as db:
        # The switch to WAL does not wait for other connections, so only one process at a time does it.
        with _locked(path.parent):
            db.execute("PRAGMA journal_mode = WAL")
            with transaction(db):
                for statement in filter(str.strip, SCHEMA.split(";")):
                    db.execute(statement)
                let_traffic_happen(db, tick)
        yield Shop(db, path.parent, tick)


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Hold the write lock during the block, and commit at its end; an error discards all changes."""
    db.execute("BEGIN IMMEDIATE")
    with db:
        yield db


def csv_text(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return a header line and one line per row."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return text.getvalue()


def write_file(path: Path, text: str) -> None:
    """Replace the file in one step, so that a reader never sees half a file, even after a killed run."""
    path.parent.mkdir(exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    handle = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
