"""The database is created once, and files are whole or absent."""

from __future__ import annotations

import fcntl
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.app.shop import store

if TYPE_CHECKING:
    import sqlite3

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)


def test_creation_is_done_by_one_process_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory is locked while a process creates and fills the database, and unlocked afterwards."""
    handle = os.open(tmp_path, os.O_RDONLY)
    refused = []

    def fill(_db: sqlite3.Connection, tick: datetime) -> None:
        with pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        refused.append(tick)

    monkeypatch.setattr(store, "let_traffic_happen", fill)
    with store.open_shop(str(tmp_path / "shop.sqlite3"), NOON):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(handle)
    assert refused == [NOON]


def test_database_is_in_wal_mode(tmp_path: Path) -> None:
    """The journal is a write-ahead log, so readers do not wait for a writer."""
    with store.open_shop(str(tmp_path / "shop.sqlite3"), NOON) as shop:
        assert shop.db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_relative_database_is_found_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file name without a folder is in the working directory, and so are the files next to it."""
    monkeypatch.chdir(tmp_path)
    with store.open_shop("app.sqlite3", NOON) as shop:
        assert shop.directory == tmp_path
    assert (tmp_path / "app.sqlite3").is_file()


def test_error_in_a_transaction_keeps_nothing(tmp_path: Path) -> None:
    """A command that fails half-way changes no row."""

    def delete_and_fail(shop: store.Shop) -> None:
        with store.transaction(shop.db) as db:
            db.execute("DELETE FROM orders")
            raise ZeroDivisionError

    with store.open_shop(str(tmp_path / "shop.sqlite3"), NOON) as shop:
        with pytest.raises(ZeroDivisionError):
            delete_and_fail(shop)
        assert shop.db.execute("SELECT count(*) > 0 FROM orders").fetchone() == (1,)


def test_killed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader finds the file's old text until the last step."""
    path = tmp_path / "reports" / "orders.csv"
    store.write_file(path, "old")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", lambda *_: pytest.fail("killed"))
        with pytest.raises(pytest.fail.Exception, match="killed"):
            store.write_file(path, "new")
    assert path.read_text() == "old"
    store.write_file(path, "new")
    assert [(found.name, found.read_text()) for found in path.parent.iterdir()] == [("orders.csv", "new")]
