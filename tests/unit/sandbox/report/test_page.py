"""The page holds all that was collected, as text, and needs nothing from outside."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.report.data import Report
from sandbox.report.marks import LETTERS, MEANINGS, mark
from sandbox.report.page import length, page, short_tick, wall
from sandbox.report.timeline import LOOK_BACK
from tests.hostile import HOSTILE, is_seen
from tests.unit.sandbox.report.samples import NOW, alert, instant, report, run, schedule, tick
from watch import classes

EVIL = "</pre><script>alert(1)</script>\"'&<img src=x>"
_EMPTY = {"meta", "link", "input", "br", "wbr", "img"}


class Reader(HTMLParser):
    """Reads a page as a browser does: elements, where they lead, and the text between them."""

    def __init__(self, text: str) -> None:
        """Read all of it."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; terms and what is said of them stand apart."""
        self.text += " " if tag in ("dt", "dd") else ""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Expect each element to end before the one that holds it."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Note what is between, but no style and no script."""
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += data

    @property
    def words(self) -> str:
        """The text, as if on one line."""
        return " ".join(self.text.split())

    def all(self, name: str) -> list[str]:
        """Give all values of an attribute."""
        return [found[name] for _, found in self.elements if name in found]

    def count(self, tag: str) -> int:
        """Count elements."""
        return sum(name == tag for name, _ in self.elements)


def every_outcome() -> Report:
    """Build a report with a tick of each outcome there is."""
    ticks = [
        tick(f"05 {hour:02}:00", outcome, alert=outcome if outcome in classes.TROUBLES else None)
        for hour, outcome in enumerate(LETTERS)
    ]
    gone = schedule(name="gone", state="DELETED", coming=())
    paused = schedule(name="report.paused", state="DISABLED", coming=())
    return report(schedule(*ticks, trouble=True), gone, paused, alerts=(alert(),))


def test_marks_lead_to_their_ticks() -> None:
    """Each tick has a mark on the timeline, which leads to its details; no two things have one name."""
    found = Reader(page(every_outcome()))
    assert found.open == []
    names = found.all("id")
    assert len(names) == len(set(names))
    leads = [link.removeprefix("#") for link in found.all("href") if link.startswith("#")]
    assert set(leads) == set(names)
    assert [name for name in names if name.startswith("jobs-test/report/2027-01-05T")] == [
        f"jobs-test/report/2027-01-05T{hour:02}:00:00Z" for hour in reversed(range(len(LETTERS)))
    ]


def test_every_outcome_is_told_by_more_than_its_colour() -> None:
    """Each outcome that a tick can have is styled, and has a letter of its own and a word; what is good has a dot."""
    assert {*classes.TROUBLES} - {classes.WILL_NOT_LAUNCH} | {"good", "running", "stopped"} == {*LETTERS}
    assert len({*LETTERS.values()}) == len(LETTERS)
    assert LETTERS.keys() == MEANINGS.keys()
    text = page(every_outcome())
    for outcome, letter in LETTERS.items():
        assert re.search(rf"\.{outcome} {{", text)
        assert (
            f'title="report, Tue 2027-01-05 {list(LETTERS).index(outcome) + 1:02}:00 CET: {MEANINGS[outcome]}"' in text
        )
        assert f'<span class="mark {outcome}" aria-hidden="true">{letter}</span>' in text


def test_nothing_from_outside() -> None:
    """The page loads nothing: no element asks for a file, and no style names one."""
    text = page(every_outcome())
    found = Reader(text)
    assert found.all("src") == []
    assert [link for link in found.all("href") if not link.startswith("#")] == ["data:,"]
    assert "url(" not in text
    assert "@import" not in text
    assert "http" not in text.replace("http-equiv", "")


def test_everything_is_escaped() -> None:
    """Whatever a log, a reason, a message or a name holds is text, also where it would end an element or a value."""
    evil_run = run(reason=EVIL, stop_code=EVIL, log=(EVIL,), task=EVIL, status=EVIL, outcome=EVIL)
    ticks = (
        tick("05 01:00", EVIL, alert=EVIL, reason=EVIL, runs=(evil_run,)),
        tick("06 01:00", runs=(), reason=EVIL),
    )
    one = schedule(*ticks, name=EVIL, job=EVIL, words=EVIL, trouble=True)
    evil_alert = alert(subject=EVIL, body=EVIL, to=(EVIL,), undelivered=EVIL)
    given = dict.fromkeys(("project", "name", "group", "region"), EVIL)
    text = page(report(one, alerts=(evil_alert,), **given))
    found = Reader(text)
    assert (found.count("script"), found.count("img"), found.open) == (1, 0, [])
    assert found.text.count(EVIL) >= 20
    assert EVIL in found.all("data-outcome")
    assert EVIL in found.all("data-job")


@given(line=st.text() | st.text(st.characters(categories=["Cc", "Cs"])))
def test_any_line_of_a_log(line: str) -> None:
    """Any line can be written and is one element's text; control characters are shown, not done."""
    text = page(report(schedule(tick("06 01:00", runs=(run(log=(line,)),)))))
    text.encode()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
    assert Reader(text).open == []


def test_text_from_outside_is_seen() -> None:
    """What turns or hides text on a page is written out, in every place that somebody outside can fill."""
    evil_run = run(reason=HOSTILE, stop_code=HOSTILE, log=(HOSTILE,), task=HOSTILE, status=HOSTILE, outcome=HOSTILE)
    one = schedule(
        tick("05 01:00", HOSTILE, alert=HOSTILE, reason=HOSTILE, runs=(evil_run,)), name=HOSTILE, job=HOSTILE
    )
    text = page(report(one, alerts=(alert(subject=HOSTILE, body=HOSTILE, to=(HOSTILE,), undelivered=HOSTILE),)))
    assert is_seen(text, "\t\n")
    assert r"\u202egnp.exe" in text


def test_details_of_a_tick() -> None:
    """A tick's details say all that is known of it, in the schedule's zone and in UTC."""
    failed = run(outcome="failed", exit_code=3, log=("first", "second"), log_left_out=7)
    words = Reader(page(report(schedule(tick("06 01:00", "failed", alert="failed", runs=(failed,)))))).words
    for said in (
        "In the sandbox it is Wed 2027-01-06 13:00 CET (Wed 12:00:00 UTC).",
        "At 02:00 every day, Europe/Berlin. Next: Thu 2027-01-07 02:00 CET. Of 1 ticks 0 were good.",
        "failed Wed 2027-01-06 02:00 CET exit 3, 7200 s alert: failed",
        "Tick Wed 2027-01-06 02:00 CET, Wed 01:00:00 UTC: 2027-01-06T01:00:00Z Outcome failed Alert failed",
        "Run 1f Outcome failed, STOPPED Started Wed 01:00:00 UTC Stopped Wed 03:00:00 UTC, after 7200 s (2:00:00)",
        "Exit code 3 Stop code EssentialContainerExited Reason Essential container in task exited",
        "Log, 2 lines after 7 that are not shown first second",
    ):
        assert said in words


def test_details_of_a_tick_without_a_run() -> None:
    """Where nothing ran the reason is told, and that there is no run."""
    missed = tick("06 01:00", "not-launched", alert="not-launched", reason="AccessDenied", runs=())
    words = Reader(page(report(schedule(missed)))).words
    assert "not launched Wed 2027-01-06 02:00 CET no run alert: not-launched" in words
    assert "Alert not-launched Reason AccessDenied Runs none" in words


def test_details_of_a_run_that_goes_on() -> None:
    """A run that has not ended is told as such, and so is one that never began."""
    going = run(outcome="running", status="RUNNING", stopped=None, seconds=None, exit_code=None, stop_code="", log=())
    words = Reader(page(report(schedule(tick("06 01:00", "running", runs=(going,)))))).words
    assert "CET RUNNING Tick" in words
    assert "Started Wed 01:00:00 UTC Stopped not yet Exit code none Reason" in words
    assert "It wrote no log." in words
    never = run(outcome="not-started", started=None, seconds=None, exit_code=None)
    words = Reader(page(report(schedule(tick("06 01:00", "not-started", runs=(never,)))))).words
    assert "Started never Stopped Wed 03:00:00 UTC Exit code none" in words


def test_counts() -> None:
    """The head counts what the ledger knows, also what is not listed."""
    one = schedule(tick("05 01:00", "failed"), tick("06 01:00", alert="overrun"), good=40, left_out=41, trouble=True)
    found = report(one, schedule(name="other"), alerts=(alert(), alert(subject="again")))
    words = Reader(page(found)).words
    assert "ticks 43 good 40 not good 3 in trouble now 1 alerts sent 2" in words
    assert "In trouble, since no later run was good: report." in words
    assert "The 41 earliest of these are not shown." in words
    assert found.to_plain()["stacks"][0]["counts"] == {"ticks": 43, "good": 40, "trouble": 1, "alerts": 2}


def test_what_is_not_there() -> None:
    """Schedules that are gone, paused or new say so, and so does a stack without alerts."""
    gone = schedule(name="gone", state="DELETED", coming=())
    paused = schedule(name="paused", state="DISABLED", coming=())
    ended = schedule(name="ended", coming=())
    words = Reader(page(report(gone, paused, ended))).words
    assert "gone deleted paused disabled ended no tick to come" in words
    assert "gone Deleted; the ledger still knows it. The ledger knows none yet." in words
    assert "Europe/Berlin; disabled. The ledger knows none yet." in words
    assert "Alerts sent None." in words


def test_ticks_before_the_timeline() -> None:
    """What is too old for the timeline is counted there, and listed below."""
    old = NOW - LOOK_BACK - LOOK_BACK
    text = page(report(schedule(tick(old), tick("06 01:00"))))
    assert "Earlier than that: 1 ticks, which are listed below." in text
    assert 'id="jobs-test/report/2026-12-23T12:00:00Z"' in text
    assert 'href="#jobs-test/report/2026-12-23T12:00:00Z"' not in text


def test_many_alerts() -> None:
    """The latest alerts are in sight, the latest first; the others can be opened."""
    text = page(report(alerts=tuple(alert(subject=f"number {number}.") for number in range(8))))
    assert re.findall(r"number \d", text) == [f"number {number}" for number in reversed(range(8))]
    assert text.index("number 3") < text.index("<summary>3 earlier</summary>") < text.index("number 2")


def test_several_stacks() -> None:
    """Each stack has its part, and there is one filter for all."""
    one = report(schedule(tick("06 01:00"), tick("05 01:00", "failed")))
    two = report(schedule(tick("06 01:00"), job="other"), group="jobs-other", name="other")
    found = Reader(page(Report(now=NOW, stacks=(*one.stacks, *two.stacks))))
    assert (found.count("h1"), found.count("form")) == (2, 1)
    assert "good 2 F failed 1" in found.words
    assert len(found.all("id")) == len(set(found.all("id"))) == 5


@pytest.mark.parametrize(
    ("outcome", "alerted", "expected"),
    [
        ("good", None, "good"),
        ("good", "failed", "good"),
        ("good", "overrun", "overrun"),
        ("running", "overrun", "overrun"),
        ("failed", "overrun", "failed"),
    ],
)
def test_mark(outcome: str, alerted: str | None, expected: str) -> None:
    """An overrun stands out until the run has failed; a good run after a failed one is good."""
    assert mark(outcome, alerted) == expected


def test_words_for_times() -> None:
    """Times are in their zone, with seconds where there are any, and short where they are near."""
    assert wall(instant("06 01:00").replace(second=7), "Europe/Berlin") == "Wed 2027-01-06 02:00:07 CET"
    assert short_tick(instant("12 11:59"), "UTC", NOW) == "Tue 11:59"
    assert short_tick(instant("12 12:00"), "UTC", NOW) == "12 Jan 2027"
    assert (length(59), length(60), length(90000)) == ("59 s", "60 s (0:01:00)", "90000 s (1 day, 1:00:00)")
