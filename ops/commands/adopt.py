"""Writes job files and a stack file from what a team has. It changes nothing there, and overwrites nothing here."""

from __future__ import annotations

import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import boto3
import typer

import cadence
from adoption import crontab, ecschedule, eventbridge, files, kubernetes, scheduler
from adoption.found import UNKNOWN, Contents, SourceError
from ops import aws_errors, columns, progress, sandboxed
from ops.adopting import aws_sources
from ops.adopting.aws_sources import Definitions
from ops.errors import OpsError
from ops.operator_account import OperatorAccount
from ops.options import Json, Region, completed
from ops.stack import Chosen
from settings import accepted, regions
from watch.untrusted import visible
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from adoption.files import Written
    from adoption.found import Found

_AWS, _FILES = ("eventbridge", "scheduler"), ("ecschedule", "kubernetes", "crontab")
_SOURCES = (*_AWS, *_FILES)
_OPTIONS = {
    "--prefix": _AWS,
    "--group": ("scheduler",),
    "--cluster": ("kubernetes", "crontab"),
    "--service": ("kubernetes", "crontab"),
    "--container": ("crontab",),
    "--timezone": ("crontab",),
    "--system": ("crontab",),
}
"""Options that only some sources have."""
_STANDARD_INPUT = "-"
_SYSTEM_CRONTABS = re.compile(r"(^|/)(etc/crontab|cron\.d/[^/]+)$")
_STACK = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}")
_TITLES = ("JOB", "FROM", "WHEN")
ABOUT = """
sources: eventbridge  scheduled rules whose targets are ECS tasks
         scheduler    schedules whose targets are ECS tasks, or that call ecs:RunTask
         ecschedule   its configuration files, in YAML or JSON
         kubernetes   manifests of CronJobs, also as kubectl get cronjobs -o yaml prints them
         crontab      crontabs, such as crontab -l prints

The command writes FOLDER/jobs/<job>.py for each job, and FOLDER/Pulumi.<stack>.yaml with their schedules, which are
disabled. `check` accepts both. What is not carried over is listed, and stands in the job files as comments: a line has
the place, the field and what to do. docs/migrating.md shows how to switch over without a doubled or a lost tick.

exit codes: 0 written, or shown with --dry-run, even if something is left over; 1 nothing was written: there is nothing
            to adopt, a file exists already, or a source cannot be read; 2 wrong arguments; 130 interrupted

example: python -m ops adopt eventbridge --region eu-central-1 --prefix nightly- --into . --stack adopted
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help=", ".join(_SOURCES), autocompletion=completed(_SOURCES))
    ],
    file: Annotated[
        list[str] | None, typer.Argument(metavar="[FILE]...", help="Files of the source; - is the standard input.")
    ] = None,
    *,
    into: Annotated[str, typer.Option(metavar="FOLDER", help="The folder with jobs/ and the stack files.")],
    stack: Annotated[str, typer.Option(metavar="STACK", help="The stack whose file is written.")] = "adopted",
    owner: Annotated[
        str | None, typer.Option(metavar="OWNER", help="The owner of the jobs whose source names none.")
    ] = None,
    region: Region = None,
    prefix: Annotated[str | None, typer.Option(metavar="TEXT", help="Only rules or schedules named so.")] = None,
    group: Annotated[str | None, typer.Option(metavar="GROUP", help="Only schedules of this group.")] = None,
    cluster: Annotated[str | None, typer.Option(metavar="CLUSTER", help="The cluster where the jobs will run.")] = None,
    service: Annotated[
        str | None, typer.Option(metavar="SERVICE", help="A service of it whose network the jobs will use.")
    ] = None,
    container: Annotated[
        str | None, typer.Option(metavar="NAME", help="The container that will run the commands.")
    ] = None,
    timezone: Annotated[str | None, typer.Option(metavar="ZONE", help="The time zone of the machine.")] = None,
    system: Annotated[bool, typer.Option("--system", help="Each line of the crontab names a user.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the files instead of writing them.")] = False,
    as_json: Json = False,
) -> int:
    """Write the files and return the exit code. OpsError when nothing can be written."""
    given = {
        "--prefix": prefix,
        "--group": group,
        "--cluster": cluster,
        "--service": service,
        "--container": container,
        "--timezone": timezone,
        "--system": system or None,
    }
    _check(source, file or [], given, stack)
    if region is not None and (doubt := regions.doubt(region)):
        raise typer.BadParameter(f"'{region}': {doubt}", param_hint="--region")
    folder = Path(into).absolute()
    if source in _AWS:
        chosen = Chosen(stack=stack, group=None, region=None)
        if (code := sandboxed.run(context, chosen, "--into", str(folder))) is not None:
            return code
    try:
        contents, place = _read(source, file or [], region, given)
    except SourceError as error:
        raise OpsError(str(error)) from None
    if not contents.found:
        listed = "".join(f"\n  {left}" for left in contents.leftovers)
        sys.stderr.write(f"{visible(listed, keep=chr(10)).lstrip(chr(10))}\n" if listed else "")
        raise OpsError(f"{source}: there is no job to adopt")
    made = files.written(contents.found, contents.leftovers, files.Stack(stack, place, owner, _jobs_in(folder)))
    _refuse_existing(folder, made)
    if not dry_run:
        _write(folder, made)
    if as_json:
        sys.stdout.write(json.dumps(_plain(made, folder, written=not dry_run), indent=2) + "\n")
    else:
        sys.stdout.writelines(f"{line}\n" for line in _lines(made, folder, dry_run=dry_run))
    return 0


def _check(source: str, names: Sequence[str], given: Mapping[str, object], stack: str) -> None:
    """Refuse arguments that do not go together."""
    if source not in _SOURCES:
        raise typer.BadParameter(f"'{source}'{accepted(source, _SOURCES)}", param_hint="SOURCE")
    for option, sources in _OPTIONS.items():
        if given[option] is not None and source not in sources:
            raise typer.BadParameter(f"only for {' and '.join(sources)}", param_hint=option)
    if source in _FILES and not names:
        raise typer.BadParameter(f"is missing; {source} is read from files", param_hint="FILE")
    if source in _AWS and names:
        raise typer.BadParameter(f"not with {source}, which is read from the account", param_hint="FILE")
    if not _STACK.fullmatch(stack):
        raise typer.BadParameter(f"'{stack}': must be a name such as adopted", param_hint="--stack")
    if given["--timezone"] is not None:
        try:
            cadence.zone(str(given["--timezone"]))
        except cadence.ZoneError as error:
            raise typer.BadParameter(f"'{given['--timezone']}': {error}", param_hint="--timezone") from None


def _read(
    source: str, names: Sequence[str], region: str | None, given: Mapping[str, Any]
) -> tuple[Contents, str | None]:
    """Return what the source has, and the region if it is known."""
    if source in _AWS:
        with aws_errors.explained():
            place = region or boto3.Session().region_name
        if not place:
            raise OpsError("set --region, or the region of the AWS profile")
        with progress.of(f"reading {source} in {place}"):
            return _READ_AWS[source](OperatorAccount(place), given), place
    read = [_from_file(source, name, given) for name in names]
    contents = Contents(
        [one for part, _ in read for one in part.found], [left for part, _ in read for left in part.leftovers]
    )
    return contents, region or next((one for _, one in read if one), None)


def _from_rules(account: OperatorAccount, given: Mapping[str, Any]) -> Contents:
    definitions = Definitions(account)
    found = eventbridge.read(aws_sources.rules(account, given["--prefix"] or ""), definitions.of)
    return Contents(found.found, [*found.leftovers, *definitions.leftovers])


def _from_schedules(account: OperatorAccount, given: Mapping[str, Any]) -> Contents:
    definitions = Definitions(account)
    described, others = aws_sources.schedules(account, given["--group"], given["--prefix"] or "")
    found = scheduler.read(described, others, definitions.of, account.run_task_shape, datetime.now(UTC))
    return Contents(found.found, [*found.leftovers, *definitions.leftovers])


_READ_AWS: Mapping[str, Callable[[OperatorAccount, Mapping[str, Any]], Contents]] = {
    "eventbridge": _from_rules,
    "scheduler": _from_schedules,
}


def _from_file(source: str, name: str, given: Mapping[str, Any]) -> tuple[Contents, str | None]:
    """Return what a file has, and the region if the file says it."""
    try:
        content = sys.stdin.buffer.read() if name == _STANDARD_INPUT else Path(name).read_bytes()
    except OSError as error:
        raise OpsError(f"{name} cannot be read: {error.strerror}") from None
    shown, now = "stdin" if name == _STANDARD_INPUT else name, datetime.now(UTC)
    service = {"cluster": given["--cluster"] or UNKNOWN, "name": given["--service"] or UNKNOWN}
    if source == "ecschedule":
        return ecschedule.read(content, shown)
    if source == "kubernetes":
        return kubernetes.read(content, shown, service, now), None
    table = crontab.Table(
        text=content.decode("utf-8", errors="replace"),
        file=shown,
        system=bool(given["--system"]) or _SYSTEM_CRONTABS.search(Path(name).absolute().as_posix()) is not None,
        timezone=given["--timezone"],
        service=service,
        container=given["--container"],
    )
    return crontab.read(table, now), None


def _jobs_in(folder: Path) -> list[str]:
    """Return the names of the jobs that the folder has already."""
    stems = (path.stem for path in (folder / "jobs").glob("*.py"))
    return sorted(stem.replace("_", "-") for stem in stems if not stem.startswith("_"))


def _refuse_existing(folder: Path, made: Written) -> None:
    existing = [name for name in made.files if (folder / name).exists()]
    if existing:
        raise OpsError(
            f"in {folder} there is {' and '.join(existing)} already; nothing is overwritten, so choose another folder"
        )


def _write(folder: Path, made: Written) -> None:
    try:
        for name, text in made.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as opened:
                opened.write(text)
    except OSError as error:
        raise OpsError(f"{error.filename} cannot be written: {error.strerror}") from None


def _lines(made: Written, folder: Path, *, dry_run: bool) -> Iterator[str]:
    """Yield the lines for people."""
    if dry_run:
        for name, text in made.files.items():
            yield from (f"==> {name}", text)
    rows = [[one.job.name, one.where, "; ".join(_words(one)) or "off"] for one in made.jobs]
    yield from columns.table(_TITLES, rows, columns.of_terminal(), narrow=(0, 2), rest=lambda row: row[1])
    if made.leftovers:
        yield f"Not carried over, or not as it was ({counted(len(made.leftovers), 'line')}):"
        yield from (f"  {visible(str(left))}" for left in made.leftovers)
    wrote = "Would write" if dry_run else "Wrote"
    yield f"{wrote} {counted(len(made.jobs), 'job')} into {folder}. All schedules are disabled: docs/migrating.md."


def _words(found: Found) -> Iterator[str]:
    """Yield when the job runs."""
    for schedule in found.schedules.values():
        kind = next(name for name in ("cron", "rate", "at") if name in schedule)
        expression = cadence.parse(f"{kind}({schedule[kind]})")
        yield cadence.describe(cadence.Timetable(expression, timezone=schedule.get("timezone", "UTC")))


def _plain(made: Written, folder: Path, *, written: bool) -> dict[str, Any]:
    return {
        "folder": str(folder),
        "written": written,
        "files": dict(made.files),
        "jobs": [
            {
                "name": one.job.name,
                "from": one.where,
                "kind": one.kind,
                "placement": one.job.placement,
                "schedules": {key: dict(schedule) for key, schedule in one.schedules.items()},
            }
            for one in made.jobs
        ],
        "leftovers": [{"where": one.where, "field": one.field, "todo": one.todo} for one in made.leftovers],
    }
