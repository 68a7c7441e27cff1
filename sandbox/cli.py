"""Run the jobs against an embedded AWS on this machine."""

from __future__ import annotations

import os
import shlex
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Group, RenderableType

from cadence.moments import parse_duration, parse_instant
from sandbox import deployment, environment, programs, views
from sandbox.answers import Json, answer, err, out, print_json
from sandbox.client import Client, connect
from sandbox.commands import events, fail, ops, platform, report
from sandbox.errors import SandboxError, StoppedError
from sandbox.limits import FARTHEST
from sandbox.real_provider import Provider
from sandbox.session import STACK, Session
from toolchain.errors import ToolchainError
from watch.untrusted import visible

if TYPE_CHECKING:
    from sandbox.programs import Source

app = typer.Typer(add_completion=False, no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)

DAY = timedelta(days=1)
_INTERRUPTED = 130
"""The exit code of a command that Ctrl-C stopped, as in shells."""
_PASSED_ON = {"ignore_unknown_options": True, "allow_extra_args": True}
"""Typer settings of a command that passes its arguments on to another program."""
_WITH_DASHES = {**_PASSED_ON, "allow_interspersed_args": False}
"""The same for arguments that begin with a word and may have `--` in them, which is passed on too."""
_OfAws = Annotated[
    Provider | None,
    typer.Option(
        help="Deploy with AWS's own Pulumi provider (real), which is downloaded, or with the stand-in for it."
    ),
]
_PYTHON = os.path.relpath(sys.executable) if Path(sys.executable).is_relative_to(Path.cwd()) else "python"
_COMMAND = f"{_PYTHON} -m sandbox"
_NEXT = {
    f"{_COMMAND} mail": "show the alerts that were sent",
    f"{_COMMAND} advance 24h": "run another day of jobs",
    f"{_COMMAND} logs JOB": "show the log of a job's last run",
    "Pulumi.sandbox.yaml": "edit this file to change a schedule, then run: make up",
    "make down": "stop the sandbox",
}

Program = Annotated[
    Path | None,
    typer.Option(
        "--program",
        metavar="FOLDER",
        help="Use the Pulumi program in this folder instead of this project's. It can import the components.",
    ),
]


@app.command()
def up(  # noqa: PLR0913 - the flags
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Listen on this port; 0 chooses a free port.")] = 0,
    at: Annotated[
        datetime | None,
        typer.Option(parser=parse_instant, metavar="TIME", help="Start the clock at this time; default: now."),
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Let the clock run; without --live only `advance` moves it.")
    ] = False,
    program: Program = None,
    image: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FOLDER",
            help="Run containers of the image NAME as processes in this folder. Repeat it for more.",
        ),
    ] = None,
    provider: _OfAws = None,
    as_json: Json = False,
) -> None:
    """Start the embedded AWS, deploy stack `sandbox` to it, and run a day of jobs."""
    session = Session.default()
    source, images = programs.at(program), _images(image or [])
    say = (err if as_json else out).print
    with session.exclusive():
        try:
            changes = deployment.bring_up(
                session,
                say,
                source=source,
                images=images,
                port=port,
                at=at,
                live=live,
                provider=provider,
                quiet=as_json,
            )
        except KeyboardInterrupt:
            raise StoppedError("interrupted; `make up` starts from scratch") from None
        client = connect(session)
        earlier = client.get("runs")
        before = _seen(client)
        status = client.get("status")
        if (changes or not earlier) and not status["live"]:
            _advance(client, datetime.fromisoformat(status["now"]) + DAY, quiet=as_json)
        runs = client.get("runs")[len(earlier) :]
    if as_json:
        print_json({**client.get("status"), "changes": changes, "newRuns": runs})
        return
    if not changes:
        out.print("Nothing to change.")
    out.print(views.runs_table(runs or earlier, _COMMAND))
    out.print(_told_since(client, before))
    out.print(views.hints("Next steps:", _NEXT if source.is_own else _next_of(source)), style="dim", markup=False)


@app.command()
def down(*, as_json: Json = False) -> None:
    """Stop the sandbox and delete its data."""
    session = Session.default()
    with session.exclusive():
        ran = session.folder.exists()
        session.remove()
    answer({"stopped": ran}, "Stopped." if ran else "There was no sandbox to stop.", as_json=as_json)


@app.command()
def status(*, as_json: Json = False) -> None:
    """Show the sandbox's time and the next moment at which something is due."""
    session = Session.default()
    server = session.server()
    found = connect(session).get("status")
    found |= {"endpoint": server.endpoint if server else None, "folder": str(session.folder)}
    text = "\n".join(f"{name}: {value}" for name, value in found.items())
    answer(found, text, as_json=as_json)


@app.command()
def env(
    *,
    role: Annotated[
        str | None, typer.Option(metavar="ARN", help="Be a container of a service with this task role.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the environment variables that connect a program to this sandbox: eval "$(python -m sandbox env)"."""
    client = connect(Session.default())
    region = environment.DEFAULT_REGION
    own = environment.aws_environment(client.endpoint, region, client.credentials)
    found = own if role is None else client.service_environment(role)
    if as_json:
        print_json(found)
    else:  # a shell reads these lines, so they must not be wrapped or coloured
        sys.stdout.writelines(f"export {name}={shlex.quote(value)}\n" for name, value in found.items())


@app.command()
def advance(
    duration: Annotated[str | None, typer.Argument(help="How far to move the clock: 90m, 24h, 1d12h.")] = None,
    *,
    to: Annotated[
        datetime | None,
        typer.Option(parser=parse_instant, metavar="TIME", help="Move the clock to this time: 2027-03-28T03:00."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Move the clock forward and run the jobs that are due."""
    session = Session.default()
    client = connect(session)
    found = client.get("status")
    if found["live"]:
        raise SandboxError("the clock runs live and cannot be moved")
    now = datetime.fromisoformat(found["now"])
    if (duration is None) == (to is None):
        raise SandboxError("give either a duration (24h) or --to TIME")
    until = to if to is not None else _later(now, duration or "")
    if until < now:
        raise SandboxError(f"the sandbox's clock is at {now.isoformat()} and cannot be moved back")
    if until - now > FARTHEST:
        raise SandboxError(f"an advance is at most {FARTHEST.days} days; use several steps")
    with session.exclusive():
        before, known = _seen(client), len(client.get("runs"))
        _advance(client, until, quiet=as_json)
        runs = client.get("runs")[known:]
        shown = Group(views.runs_table(runs, _COMMAND), _told_since(client, before))
    answer({"now": until.isoformat(), "runs": runs}, shown, as_json=as_json)


@app.command()
def runs(*, as_json: Json = False) -> None:
    """List the failed runs since the sandbox was started, and the first good runs of each job."""
    found = connect(Session.default()).get("runs")
    answer(found, views.runs_table(found, _COMMAND), as_json=as_json)


@app.command()
def logs(job: Annotated[str, typer.Argument(help="A job's name or a task's id.")], *, as_json: Json = False) -> None:
    """Print the log of a job's last run."""
    found = connect(Session.default()).log(job)
    answer(found, views.log_view(found), as_json=as_json)


@app.command()
def mail(*, as_json: Json = False) -> None:
    """Show the messages that the alert topic sent."""
    found = connect(Session.default()).get("mail")
    answer(found, views.mail_view(found), as_json=as_json)


app.command()(events.events)
app.command()(fail.fail)
app.command()(platform.platform)
app.command()(report.report)
app.command(context_settings=_WITH_DASHES, add_help_option=False)(ops.ops)


@app.command(context_settings={"ignore_unknown_options": True})
def preview(
    stack: Annotated[str, typer.Argument(help="A stack that has a Pulumi.<stack>.yaml.")],
    flags: Annotated[list[str] | None, typer.Argument(help="Flags for `pulumi preview`, after --.")] = None,
    *,
    base: Annotated[
        str | None, typer.Option(metavar="REF", help="Deploy this git ref first and show the difference.")
    ] = None,
    program: Program = None,
    provider: _OfAws = None,
) -> None:
    """Preview a stack on its own embedded AWS, without credentials and without a backend."""
    raise typer.Exit(deployment.preview(programs.at(program), stack, base, flags or [], err.print, provider))


@app.command(context_settings=_PASSED_ON)
def pulumi(context: typer.Context) -> None:
    """Run the Pulumi CLI on stack `sandbox`, for example: pulumi refresh --yes."""
    if context.args[:1] == ["config"] and not {"set", "set-all", "rm", "rm-all", "cp"}.isdisjoint(context.args[1:]):
        raise SandboxError("the sandbox uses a copy of Pulumi.sandbox.yaml; edit that file, then run: make up")
    session = Session.default()
    server = session.server()
    if server is None:
        raise SandboxError("no sandbox is running here; start one with: make up")
    stack = programs.OWN.on(session, server, STACK)
    stack.prepare()
    raise typer.Exit(stack.start(*context.args).returncode)


def _images(given: list[str]) -> dict[str, Path]:
    """Return the folders that stand for images."""
    found = {}
    for one in given:
        name, _, folder = one.partition("=")
        if not name or not Path(folder).is_dir() or not folder:
            raise SandboxError(f"--image {one}: must be NAME=FOLDER, with a folder that exists")
        found[name] = Path(folder).resolve()
    return found


def _next_of(source: Source) -> dict[str, str]:
    """Return the next steps for another program."""
    again = f"{_COMMAND} up --program {shlex.quote(os.path.relpath(source.folder))}"
    edited = {again: "deploy the program again after a change"}
    return {**{command: why for command, why in _NEXT.items() if not command.startswith("Pulumi.")}, **edited}


def _advance(client: Client, until: datetime, *, quiet: bool) -> None:
    moment = None
    try:
        with err.status("Moving the clock", spinner="dots") as spinner:
            if not quiet:
                out.print(f"Moving the clock to {until:%Y-%m-%d %H:%M} UTC")
            for moment in client.advance(until):
                spinner.update(f"{moment:%Y-%m-%d %H:%M} UTC")
    except KeyboardInterrupt:
        came = f"after {moment:%Y-%m-%d %H:%M} UTC" if moment else "before anything was due"
        raise StoppedError(f"interrupted {came}; show the clock with: {_COMMAND} status") from None


def _launches(client: Client) -> list[Any]:
    return [event for event in client.get("events") if event["kind"] == "launch"]


def _seen(client: Client) -> tuple[int, int]:
    """Return the numbers of launches and messages so far."""
    return len(_launches(client)), client.get("status")["mail"]


def _told_since(client: Client, before: tuple[int, int]) -> RenderableType:
    launches, mails = before
    return views.without_runs(_launches(client)[launches:], client.get("status")["mail"] - mails, _COMMAND)


def _later(now: datetime, duration: str) -> datetime:
    try:
        return now + parse_duration(duration)
    except ValueError as error:
        raise SandboxError(str(error)) from None
    except OverflowError:
        raise SandboxError(f"'{duration}' ends after the year 9999") from None


def main() -> int:
    """Run the command and return its exit code.

    An error that the user can fix is one line on standard error, with exit code 1. Wrong usage is typer's exit code 2.
    """
    try:
        app()
    except (SandboxError, ToolchainError) as error:
        err.print(f"error: {visible(str(error), keep=views.NEW_LINE)}", markup=False, style="red")
    except StoppedError as stopped:
        err.print(str(stopped), markup=False)
        return _INTERRUPTED
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else 1
    return 1
