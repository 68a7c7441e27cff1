"""Runs the ticks of a period that have no good run: first it shows which, and with --run it runs them."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ops import columns, confirm, progress, sandboxed, warn
from ops.backfilling import planning
from ops.backfilling.backfill import Backfill
from ops.backfilling.judging import Course, Only
from ops.backfilling.planning import Asked
from ops.errors import OpsError
from ops.looking import hold_words
from ops.operator_account import OperatorAccount
from ops.options import Group, Json, Region, Stack
from ops.stack import Chosen
from report import words
from watch import instants
from watch.untrusted import visible
from watch.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ops.backfilling.judging import Step
    from ops.backfilling.planning import Plan
    from ops.stack import Place

MOST_AT_ONCE = 20
"""Of the 40 ticks of a supervised job that may be in flight, half are left to the schedule."""
NOT_ALL = 3
"""The exit code when some ticks have no good run."""
_INTERRUPTED = 130
_TITLES = ("TICK", "OUTCOME", "BACKFILL")
ABOUT = """
Without --run it shows the plan and changes nothing. --only missing: ticks without a good run, also skipped, held and
stopped ones. --only failed: ticks that failed, timed out, did not start, were missed, not launched, too late or
interrupted. --only all: also good ones. A tick with a run that goes on is never begun twice: its end is awaited.

It waits for the end of each run, and stops after the first one that is not good. The same command goes on after that,
after Ctrl-C and after kill -9, and begins nothing twice. With --only all it needs the --good-since that it has shown.

exit codes: 0 the plan is shown, or each tick that was to run has a good run; 1 refused, declined, or the stack cannot
            be read; 2 wrong arguments; 3 a run was not good or not begun, or ticks were left after it; 130 interrupted:
            what runs goes on

example: python -m ops backfill --stack production nightly-report --from 2027-03-01 --to 2027-03-15 --parallel 2 --run
"""


def command(  # noqa: PLR0913 - the arguments
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="JOB", help="The schedule as alerts name it: JOB or JOB.KEY.")],
    *,
    begin: Annotated[
        str, typer.Option("--from", metavar="TIME", help="The first tick that may run: 7d or 2027-03-28T03:00 (UTC).")
    ],
    end: Annotated[
        str | None, typer.Option("--to", metavar="TIME", help="The last tick that may run; default: now.")
    ] = None,
    only: Annotated[Only, typer.Option("--only", help="Which ticks run.")] = Only.MISSING,
    good_since: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="With --only all: leave out ticks with a good run that began since then."),
    ] = None,
    newest_first: Annotated[bool, typer.Option("--newest-first", help="Begin with the latest tick.")] = False,
    parallel: Annotated[int, typer.Option(metavar="N", min=1, max=MOST_AT_ONCE, help="Most runs at a time.")] = 1,
    run: Annotated[bool, typer.Option("--run", help="Run the ticks; ask before on a terminal.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --run: do not ask.")] = False,
    keep_going: Annotated[
        bool, typer.Option("--keep-going", help="Begin further ticks after one that was not good.")
    ] = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Run the ticks although a hold is on the job.")] = False,
    stack: Stack = None,
    group: Group = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Show the plan, or run it, and return the exit code. OpsError when it is refused."""
    if yes and not run:
        raise typer.BadParameter("needs --run", param_hint="--yes")
    if good_since is not None and only is not Only.ALL:
        raise typer.BadParameter("needs --only all", param_hint="--good-since")
    chosen = Chosen(stack=stack, group=group, region=region)
    if (code := sandboxed.run(context, chosen)) is not None:
        return code
    place = chosen.place()
    account = OperatorAccount(place.region)
    asked = Asked(
        name=name,
        begin=begin,
        end=end,
        only=only,
        good_since=good_since,
        newest_first=newest_first,
        parallel=parallel,
        keep_going=keep_going,
        anyway=anyway,
    )
    with progress.of(f"reading the ticks of {name}"):
        plan = planning.read(account, place, asked)
    warn.of_silence(plan.opened)
    if not run:
        _show(place, plan, as_json=as_json)
        return 0
    if plan.hold is not None:
        raise OpsError(
            f"a hold keeps the job from running; add --anyway to run it all the same. {hold_words.line(plan.hold)}"
        )
    wanted = plan.of(Course.RUNS)
    shown = wanted and confirm.terminal() and not yes
    if shown and not confirm.confirmed([*_lines(place, plan), ""], f"Run {counted(len(wanted), 'tick')}?"):
        sys.stderr.write("nothing was started\n")
        return 1
    return _run(account, plan, place, _again(chosen, plan), as_json=as_json)


def _show(place: Place, plan: Plan, *, as_json: bool) -> None:
    if as_json:
        _print_json(place, plan, None)
        return
    wanted = plan.of(Course.RUNS)
    said = "Nothing was started. Add --run to run them." if wanted else "No tick needs a run."
    sys.stdout.writelines(f"{line}\n" for line in [*_lines(place, plan), said])


def _lines(place: Place, plan: Plan) -> Iterator[str]:
    """Yield the plan for people."""
    yield f"{visible(plan.asked.name)} of {place}, {plan.words}"
    zone = plan.rules.zone.key
    rows = [[words.wall(instants.read(one.tick), zone), _outcome(one), _course(one)] for one in plan.steps]
    if rows:
        yield from columns.lines(_TITLES, rows)
    yield _summary(plan)
    yield from map(visible, plan.notes)


def _outcome(step: Step) -> str:
    return words.meaning(step.outcome) if step.outcome else "not known"


def _course(step: Step) -> str:
    return f"{step.course.value}: {step.reason}" if step.reason else step.course.value


def _summary(plan: Plan) -> str:
    """Return how many ticks run, and how."""
    if not plan.steps:
        return f"No tick is between {instants.text(plan.period.begin)} and {instants.text(plan.period.end)}."
    order = "the latest first" if plan.asked.newest_first else "the earliest first"
    many = "one at a time" if plan.at_once == 1 else f"{plan.at_once} at a time"
    run, on, left = (len(plan.of(course)) for course in (Course.RUNS, Course.GOES_ON, Course.LEFT))
    waits = (
        f" {on} {'goes' if on == 1 else 'go'} on already, and {'is' if on == 1 else 'are'} waited for." if on else ""
    )
    return f"{run} of {counted(len(plan.steps), 'tick')} to run, {order}, {many}; {left} left out.{waits}"


def _again(chosen: Chosen, plan: Plan) -> str:
    """Return the command that goes on with a backfill."""
    asked = plan.asked
    valued = {
        "--stack": chosen.stack,
        "--group": chosen.group,
        "--region": chosen.region,
        "--from": instants.text(plan.period.begin),
        "--to": instants.text(plan.period.end),
        "--only": asked.only.value,
        "--good-since": plan.rules.good_since if asked.only is Only.ALL else None,
        "--parallel": str(asked.parallel),
    }
    flags = {"--newest-first": asked.newest_first, "--keep-going": asked.keep_going, "--anyway": asked.anyway}
    options = [word for option, value in valued.items() if value is not None for word in (option, value)]
    options += [flag for flag, given in flags.items() if given]
    return shlex.join(["python", "-m", "ops", "backfill", asked.name, *options, "--run"])


def _run(account: OperatorAccount, plan: Plan, place: Place, again: str, *, as_json: bool) -> int:
    """Run the plan and return the exit code."""
    out = sys.stderr if as_json else sys.stdout

    def tell(text: str) -> None:
        out.write(f"{visible(text)}\n")
        out.flush()

    if plan.of(Course.RUNS):
        tell(f"To go on after an interruption: {again}")
    backfill = Backfill(account, place, plan, tell)
    try:
        backfill.run()
    except KeyboardInterrupt:
        goes_on = ", ".join(backfill.going_on) or "nothing"
        sys.stderr.write(f"\ninterrupted; what runs goes on: {visible(goes_on)}\nTo go on: {visible(again)}\n")
        return _INTERRUPTED
    bad = sum(not end.is_good for end in backfill.ends.values())
    if as_json:
        _print_json(place, plan, backfill)
    else:
        sys.stdout.write(f"{_result(backfill, bad)}\n")
    if backfill.left:
        sys.stderr.write(f"{counted(len(backfill.left), 'tick')} not begun. To go on: {visible(again)}\n")
    return NOT_ALL if bad or backfill.left else 0


def _result(backfill: Backfill, bad: int) -> str:
    if not backfill.ends:
        return "No tick was run."
    return f"{counted(len(backfill.ends), 'tick')} ended: {len(backfill.ends) - bad} good, {bad} not."


def _print_json(place: Place, plan: Plan, backfill: Backfill | None) -> None:
    """Print the plan, and what became of each tick if it was run."""
    told: dict[str, Any] = {
        "group": place.group,
        "region": place.region,
        "schedule": plan.asked.name,
        "now": instants.text(plan.rules.now),
        "from": instants.text(plan.period.begin),
        "to": instants.text(plan.period.end),
        "only": plan.asked.only.value,
        "goodSince": plan.rules.good_since if plan.asked.only is Only.ALL else None,
        "atOnce": plan.at_once,
        "hold": hold_words.plain(plan.hold) if plan.hold else None,
        "notes": list(plan.notes),
        "ran": backfill is not None,
        "ticks": [{**one.to_plain(), **_became(one.tick, backfill)} for one in plan.steps],
    }
    sys.stdout.write(json.dumps(told, indent=2) + "\n")


def _became(tick: str, backfill: Backfill | None) -> dict[str, Any]:
    """Return what was begun of a tick, and how it ended."""
    begun = backfill.begun.get(tick) if backfill else None
    end = backfill.ends.get(tick) if backfill else None
    return {**(begun or {"tasks": [], "request": None}), "end": end.to_plain() if end else None}
