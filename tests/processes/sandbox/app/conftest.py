"""A fixture with a new shop for each test, and a helper that runs commands in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sandbox.app.shop.cli import main

if TYPE_CHECKING:
    from pathlib import Path

TICK = "2026-03-28T02:00:00Z"


class Workshop(NamedTuple):
    """A directory with a database, in which tests run commands and read the results."""

    directory: Path

    @property
    def database(self) -> str:
        """The value of DATABASE."""
        return str(self.directory / "shop.sqlite3")

    def run(self, command: str, tick: str = TICK, **environment: str) -> int:
        """Run a command line at a tick and return its exit code."""
        return main(command.split(), {"DATABASE": self.database, "JOB_SCHEDULED_TIME": tick, **environment})

    def query(self, statement: str, *values: str) -> list[tuple[object, ...]]:
        """Return the rows of one statement, with `values` for its question marks."""
        with closing(sqlite3.connect(self.database)) as db:
            return db.execute(statement, values).fetchall()

    def state(self) -> tuple[list[str], dict[str, str]]:
        """Return the database's rows as statements, and the text of every written file."""
        with closing(sqlite3.connect(self.database)) as db:
            rows = list(db.iterdump())
        return rows, {str(path.relative_to(self.directory)): path.read_text() for path in self.directory.glob("*/*")}


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """Return a shop whose database does not exist yet."""
    return Workshop(tmp_path)
