"""The command line of the shop."""

from __future__ import annotations

import argparse
import os
import sqlite3
import sys
from typing import TYPE_CHECKING

from .errors import JobError
from .orders import build_report, export_orders, refresh_cache
from .rates import import_rates
from .sessions import delete_expired
from .store import open_shop
from .times import parse_day, parse_duration, parse_tick

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ENVIRONMENT_HELP = """\
environment:
  DATABASE            the SQLite file (default: app.sqlite3); reports/ and exports/ are written next to it
  JOB_SCHEDULED_TIME  the tick, such as 2026-03-28T02:00:00Z (default: now); days are in UTC
  REPORT_FORMAT       build_report: csv or jsonl (default: csv)
  RATES_SOURCE        import_rates: a CSV file or http(s) address, unless --source is given

exit codes: 0 done, 1 failed, 2 wrong argument or environment, 3 no usable rates"""


def main(argv: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    """Run one command and return its exit code. Results go to stdout, an expected failure to stderr."""
    args = _parser().parse_args(argv)
    try:
        tick = parse_tick(environment.get("JOB_SCHEDULED_TIME"))
        with open_shop(environment.get("DATABASE") or "app.sqlite3", tick) as shop:
            print(*args.run(shop, args, environment), sep="\n")
    except JobError as error:
        print(f"{args.command}: {error}", file=sys.stderr)
        return error.exit_code
    except (sqlite3.Error, OSError) as error:
        print(f"{args.command}: {environment.get('DATABASE') or 'app.sqlite3'}: {error}", file=sys.stderr)
        return JobError.exit_code
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="manage.py",
        description="Management commands of the sample web service.",
        epilog=ENVIRONMENT_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)

    command = commands.add_parser("build_report", help="total the orders of a day")
    command.add_argument("--for", dest="day", required=True, metavar="yesterday|today|YYYY-MM-DD")
    command.set_defaults(
        run=lambda shop, args, environment: build_report(
            shop, parse_day(args.day, shop.tick), environment.get("REPORT_FORMAT") or "csv"
        )
    )
    command = commands.add_parser("delete_expired", help="delete old sessions")
    command.add_argument("--older-than", required=True, metavar="30d", help="a number and m, h or d")
    command.add_argument("--batch", type=int, default=500, help="rows per transaction, 1 to 10000 (default: 500)")
    command.set_defaults(run=lambda shop, args, _: delete_expired(shop, parse_duration(args.older_than), args.batch))

    command = commands.add_parser("refresh_cache", help="recompute the best sellers")
    command.set_defaults(run=lambda shop, *_: refresh_cache(shop))

    command = commands.add_parser("import_rates", help="import exchange rates")
    command.add_argument("--source", metavar="PATH|URL", help="default: the environment variable RATES_SOURCE")
    command.set_defaults(
        run=lambda shop, args, environment: import_rates(shop, args.source or environment.get("RATES_SOURCE", ""))
    )
    command = commands.add_parser("export_orders", help="write the orders since the last export")
    command.add_argument("--format", choices=["csv"], required=True)
    command.set_defaults(run=lambda shop, *_: export_orders(shop))
    return parser
