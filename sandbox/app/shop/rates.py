"""The command that imports exchange rates."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import SourceError
from .store import transaction
from .times import stamp

if TYPE_CHECKING:
    from .store import Shop

MAX_BYTES = 1_000_000


def import_rates(shop: Shop, source: str) -> list[str]:
    """Store the day's rates from a CSV file or http(s) address. A SourceError stores none of them."""
    # The part after a ? may be a token, and the output is shown in logs and alerts.
    name = source.partition("?")[0] if "://" in source else source
    rates = parse_rates(_read(source, name), name)
    day, now = shop.tick.date().isoformat(), stamp(shop.tick)
    with transaction(shop.db) as db:
        db.executemany(
            "INSERT INTO rates VALUES (?, ?, ?, ?) ON CONFLICT (day, currency) DO UPDATE"
            " SET rate = excluded.rate, imported_at = excluded.imported_at WHERE excluded.imported_at >= imported_at",
            [(day, currency, rate, now) for currency, rate in rates.items()],
        )
    return [f"{day}: imported {len(rates)} rates from {name}", " ".join(sorted(rates))]


def parse_rates(text: str, source: str) -> dict[str, str]:
    """Return the rate (units for one EUR) of each currency in CSV text; a SourceError names the text `source`."""
    rows = csv.reader(io.StringIO(text))
    rates: dict[str, str] = {}
    try:
        if next(rows, None) != ["currency", "rate"]:
            raise _malformed(source, 1, "must be the header currency,rate")
        for row in filter(None, rows):
            match = re.fullmatch(r"([A-Z]{3}),([0-9]{1,9}(?:\.[0-9]{1,9})?)", ",".join(row))
            if not match or float(match[2]) == 0 or match[1] in rates:
                problem = f"{','.join(row)[:40]!r}: must be one line per currency, such as USD,1.08"
                raise _malformed(source, rows.line_num, problem)
            rates[match[1]] = match[2]
    except csv.Error as error:
        raise _malformed(source, rows.line_num, str(error)) from error
    if not rates:
        raise _malformed(source, 2, "a rate is missing")
    return rates


def _malformed(source: str, line: int, problem: str) -> SourceError:
    return SourceError(f"{source}: line {line}: {problem}")


def _read(source: str, name: str) -> str:
    if not source:
        raise SourceError("no source of rates: set RATES_SOURCE or give --source")
    is_address = "://" in source
    if is_address and not re.match(r"https?://[^/?#@]+([/?#]|$)", source):
        # The message leaves out the address, which may hold a password.
        raise SourceError("source of rates: must be http:// or https:// and a host, without user name and password")
    try:
        content = _fetch(source) if is_address else _head(Path(source))
        text = content.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        raise SourceError(f"{name}: cannot be read: {error}") from error
    if len(content) > MAX_BYTES:
        raise SourceError(f"{name}: larger than {MAX_BYTES} bytes")
    return text


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _fetch(url: str) -> bytes:
    # Imported here, since these modules load longer than the other commands run.
    from http.client import HTTPException  # noqa: PLC0415
    from urllib.request import urlopen  # noqa: PLC0415

    try:
        with urlopen(url, timeout=10) as answer:  # noqa: S310 - the caller has checked the scheme
            content: bytes = answer.read(MAX_BYTES + 1)
            return content
    except HTTPException as error:
        raise OSError(str(error)) from error
