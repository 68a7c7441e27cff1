"""The page shows all collected data as text, and loads nothing."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from report.axis import LOOK_BACK
from report.data import Report, Unlisted
from report.marks import LETTERS, MEANINGS, gravest, mark
from report.page import page
from supervision import waiting
from tests.hostile import HOSTILE, is_seen
from tests.unit.report.samples import NOW, alert, report, run, schedule, tick
from tests.unit.supervision.flying import T, flight, launched, with_limits
from watch import classes

EVIL = "</pre><script>alert(1)</script>\"'&<img src=x>"
MINUTE = timedelta(minutes=1)
_EMPTY = {"meta", "link", "input", "br", "wbr", "img"}


class Reader(HTMLParser):
    """A parser that reads a page like a browser: its elements, its links and its text."""

    def __init__(self, text: str) -> None:
        """Parse the whole text."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record an element, with a space before terms and descriptions."""
        self.text += " " if tag in ("dt", "dd") else ""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Check that each element ends before its parent."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Record text, except in styles and scripts."""
        if self.open and self.open[-1] not in ("style", "script"):
            self.text += data

    @property
    def words(self) -> str:
        """The text, as if on one line."""
        return " ".join(self.text.split())

    def all(self, name: str) -> list[str]:
        """Return all values of an attribute."""
        return [found[name] for _, found in self.elements if name in found]

    def count(self, tag: str) -> int:
        """Return the number of elements with this tag."""
        return sum(name == tag for name, _ in self.elements)


def every_outcome() -> Report:
    """Return a report with a tick of each outcome."""
    ticks = [
        tick(
            f"0{1 + number // 4} {number % 4 * 6:02}:00",
            outcome,
            alert=outcome if outcome in classes.TROUBLES else None,
        )
        for number, outcome in enumerate(LETTERS)
    ]
    gone = schedule(name="gone", state="DELETED", coming=())
    paused = schedule(name="report.paused", state="DISABLED", coming=())
    return report(schedule(*ticks, trouble=True), gone, paused, alerts=(alert(),))


def test_marks_lead_to_their_ticks() -> None:
    """Each tick has a mark on the timeline that links to its details, and every id is unique."""
    found = Reader(page(every_outcome()))
    assert found.open == []
    names = found.all("id")
    assert len(names) == len(set(names))
    leads = [link.removeprefix("#") for link in found.all("href") if link.startswith("#")]
    assert set(leads) == set(names)
    assert [name for name in names if name.startswith("jobs-test/report/2027-01-02T")] == [
        f"jobs-test/report/2027-01-02T{hour:02}:00:00Z" for hour in (18, 12, 6, 0)
    ]


def test_every_outcome_is_told_by_more_than_its_colour() -> None:
    """Each outcome of a tick has a style, a unique letter and a word."""
    assert {*classes.TROUBLES} - {classes.WILL_NOT_LAUNCH, classes.DRIFTED} | {
        "good",
        "held",
        "running",
        "skipped",
        "stopped",
        "waiting",
    } == {*LETTERS}
    assert len({*LETTERS.values()}) == len(LETTERS)
    assert LETTERS.keys() == MEANINGS.keys()
    text = page(every_outcome())
    for outcome, letter in LETTERS.items():
        assert re.search(rf"\.{outcome} {{", text)
        assert re.search(rf'title="report, \w+ 2027-01-0[1234] \d\d:00 CET: {MEANINGS[outcome]}"', text)
        assert f'<span class="mark {outcome}" aria-hidden="true">{letter}</span>' in text


def test_nothing_from_outside() -> None:
    """The page loads nothing: no element and no style names a file."""
    text = page(every_outcome())
    found = Reader(text)
    assert found.all("src") == []
    assert [link for link in found.all("href") if not link.startswith("#")] == ["data:,"]
    assert "url(" not in text
    assert "@import" not in text
    assert "http" not in text.replace("http-equiv", "")


def test_everything_is_escaped() -> None:
    """Every log, reason, message and name is shown as text, even if it contains HTML."""
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
    """Any log line is the text of one element, and control characters are shown as escapes."""
    text = page(report(schedule(tick("06 01:00", runs=(run(log=(line,)),)))))
    text.encode()
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", text)
    assert Reader(text).open == []


def test_text_from_outside_is_seen() -> None:
    """Characters that turn or hide text are shown as escapes, in every text from outside."""
    evil_run = run(reason=HOSTILE, stop_code=HOSTILE, log=(HOSTILE,), task=HOSTILE, status=HOSTILE, outcome=HOSTILE)
    one = schedule(
        tick("05 01:00", HOSTILE, alert=HOSTILE, reason=HOSTILE, runs=(evil_run,)), name=HOSTILE, job=HOSTILE
    )
    text = page(report(one, alerts=(alert(subject=HOSTILE, body=HOSTILE, to=(HOSTILE,), undelivered=HOSTILE),)))
    assert is_seen(text, "\t\n")
    assert r"\u202egnp.exe" in text


def test_details_of_a_tick() -> None:
    """A tick's details are shown in the schedule's zone and in UTC."""
    failed = run(outcome="failed", exit_code=3, log=("first", "second"), log_left_out=7)
    words = Reader(page(report(schedule(tick("06 01:00", "failed", alert="failed", runs=(failed,)))))).words
    for said in (
        "Stack test of project jobs in eu-central-1, as of Wed 2027-01-06 13:00 CET (Wed 12:00:00 UTC).",
        "At 02:00 every day, Europe/Berlin. Next: Thu 2027-01-07 02:00 CET. 1 tick, failed.",
        "failed Wed 2027-01-06 02:00 CET exit 3, 2 h alert sent",
        "Tick 2027-01-06T01:00:00Z Meaning the run began, and did not do its work",
        "Run 1f Started Wed 01:00:00 UTC Stopped Wed 03:00:00 UTC Exit code 3",
        "Exit code 3 Stop code EssentialContainerExited Reason Essential container in task exited",
        "Log, 2 lines; not shown: 7 earlier lines first second",
    ):
        assert said in words


def test_who_did_the_work() -> None:
    """A run of a worker or of a process of a service says which one it was."""
    words = Reader(page(report(schedule(tick("06 01:00", runs=(run(worker="ip-10-0-1-7/42"),)))))).words
    assert "Run 1f Done by ip-10-0-1-7/42 Started Wed 01:00:00 UTC" in words
    assert "Done by" not in Reader(page(report(schedule(tick("06 01:00"))))).words


def test_details_of_a_tick_without_a_run() -> None:
    """A tick without a run shows the reason and 'no run'."""
    missed = tick("06 01:00", "not-launched", alert="not-launched", reason="AccessDenied", runs=())
    words = Reader(page(report(schedule(missed)))).words
    assert "not launched Wed 2027-01-06 02:00 CET no run alert sent" in words
    assert "Meaning Scheduler gave up the launch Reason AccessDenied" in words


def test_details_of_a_run_that_goes_on() -> None:
    """A run that has not ended is shown as running, and a run that never started as never started."""
    going = run(outcome="running", status="RUNNING", stopped=None, seconds=None, exit_code=None, stop_code="", log=())
    words = Reader(page(report(schedule(tick("06 01:00", "running", runs=(going,)))))).words
    assert "CET RUNNING Tick" in words
    assert "Run 1f Outcome running, RUNNING Started Wed 01:00:00 UTC Stopped not yet Exit code none Reason" in words
    assert "The run wrote no log." in words
    never = run(outcome="not-started", started=None, seconds=None, exit_code=None)
    words = Reader(page(report(schedule(tick("06 01:00", "not-started", runs=(never,)))))).words
    assert "Started never Stopped Wed 03:00:00 UTC Exit code none" in words


def test_what_ticks_wait_for() -> None:
    """Ticks in flight are listed with what they wait for and until when, and their details say it too."""
    waits = [
        flight(waits="waiting for the lock <db>"),
        launched(launch=None, attempt=2, not_before=T + 60, limits=with_limits(retries=2), rerun="0a"),
    ]
    both = tick(
        datetime.fromtimestamp(T, UTC), "waiting", waits=tuple(waiting.waits(waits)), runs=(run(outcome="failed"),)
    )
    read = Reader(page(report(schedule(tick("06 01:00"), both), schedule(name="other"))))
    lock = "waiting for the lock <db>; too late after Fri 2027-01-15 09:15 CET"
    again = "run by hand, attempt 2 of 3; next launch Fri 2027-01-15 09:01 CET"
    name = "report, Fri 2027-01-15 09:00 CET:"
    assert f"Waiting now {name} {lock} {name} {again} Alerts sent" in read.words
    assert (
        f"Meaning the tick waits for its first launch or its next attempt Waits {lock} Waits {again} Run 1f"
        in read.words
    )
    assert read.all("href").count("#jobs-test/report/2027-01-15T08:00:00Z") == 2
    assert "Waiting now" not in Reader(page(report(schedule(tick("06 01:00"))))).words


def test_a_mark_says_why() -> None:
    """Who points at a mark of the timeline learns why the tick did not run, and what it waits for."""
    skipped = tick("06 01:00", "skipped", reason="the tick 2027-01-05T01:00:00Z was not over", runs=())
    late = tick("06 06:00", "waiting", waits=tuple(waiting.waits([flight(waits="waiting for the lock db")])), runs=())
    titles = Reader(page(report(schedule(skipped, late, tick("05 01:00"))))).all("title")
    assert "report, Wed 2027-01-06 02:00 CET: skipped: the tick 2027-01-05T01:00:00Z was not over" in titles
    assert "report, Wed 2027-01-06 07:00 CET: waiting: waiting for the lock db" in titles
    assert "report, Tue 2027-01-05 02:00 CET: good" in titles


def test_nothing_is_said_three_times() -> None:
    """The outcome of a tick with one run is in its summary, and is not repeated as that of the alert or the run."""
    failed = tick("06 01:00", "failed", alert="failed", runs=(run(outcome="failed", exit_code=3),))
    words = Reader(page(report(schedule(failed)))).words
    [about] = re.findall(r"Tick 2027-01-06T01:00:00Z.*$", words)
    assert not re.search(r"\bfailed\b|2 h", about)


def test_what_differs_from_the_tick_is_said() -> None:
    """An earlier run that ended otherwise, and an alert of another class, are named."""
    bad = run(task="1e", outcome="not-started", seconds=5, exit_code=None, attempt=1, attempts=3)
    late = tick("06 01:00", "failed", alert="overrun", runs=(bad, run(outcome="failed", exit_code=3)))
    words = Reader(page(report(schedule(late)))).words
    assert "exit 3, 2 h alert overrun sent" in words
    assert (
        "Run 1e, attempt 1 of 3 Outcome not started Started Wed 01:00:00 UTC Stopped Wed 03:00:00 UTC, after 5 s"
        in words
    )
    good = tick("06 01:00", alert="overrun")
    assert "Tick 2027-01-06T01:00:00Z Outcome good" in Reader(page(report(schedule(good)))).words


def test_counts() -> None:
    """The head counts all ticks of the ledger, including those that are not listed, and says what its words mean."""
    many = (Unlisted(at=NOW - LOOK_BACK, mark="good", count=39), Unlisted(at=NOW - LOOK_BACK, mark="missed", count=2))
    ticks = (
        tick("05 01:00", "failed"),
        tick("05 02:00"),
        tick("06 01:00", alert="overrun"),
        tick("06 10:00", "skipped", runs=()),
        tick("06 11:00", "running"),
    )
    found = report(
        schedule(*ticks, unlisted=many, trouble=True),
        schedule(name="other"),
        schedule(name="third", trouble=True),
        alerts=(alert(), alert(subject="again")),
    )
    words = Reader(page(found)).words
    assert "Ticks 46 Good 40 work done, in time Running 1 Skipped 1 Alerts sent 2 Went wrong 4" in words
    assert "Went wrong 4 1 failed, 2 missed, 1 overrun" in words
    assert "2 schedules had an alert and no good run since: report, third." in words
    assert (
        "46 ticks: 1 failed, 2 missed, 1 overrun, 1 skipped, 1 running, 40 good, of which 41 earlier are not listed."
        in words
    )
    assert found.to_plain()["stacks"][0]["counts"] == {"ticks": 46, "good": 40, "trouble": 2, "alerts": 2}


def test_counts_without_trouble() -> None:
    """A page on which all is well does not speak of trouble."""
    words = Reader(page(report(schedule(tick("06 01:00"))))).words
    assert "Ticks 1 Good 1 work done, in time Alerts sent 0 Went wrong 0 Job" in words
    assert "no good run since" not in words


def test_days() -> None:
    """The ticks of a day are folded together if they are several; the day that has the latest alert is open."""
    ticks = [
        tick("04 23:30", "failed", alert="failed"),
        tick("05 01:00", "failed", alert="failed"),
        tick("05 02:00"),
        tick("05 23:30"),
        tick("06 01:00"),
        tick("07 01:00"),
    ]
    for trouble in (False, True):
        found = Reader(page(report(schedule(*ticks, trouble=trouble))))
        folded = [at for tag, at in found.elements if tag == "details" and at["class"] == "day"]
        assert ["open" in at for at in folded] == [False, trouble]
        single = [at for tag, at in found.elements if tag == "details" and at["class"] == "tick"]
        assert ["open" in at for at in single] == [False, False, False, False, trouble, False]
        assert "Wed 2027-01-06 2 ticks, both good" in found.words
        assert "Tue 2027-01-05 3 ticks: 2 failed, 1 good" in found.words


def test_dense_rows() -> None:
    """In a dense row a failure is drawn after the good ticks of its place, and each mark tells all of the place."""
    ticks = [tick(NOW - number * MINUTE, "failed" if number == 70 else "good", runs=()) for number in range(120, 0, -1)]
    hidden = (Unlisted(at=NOW - 3 * 60 * MINUTE, mark="good", count=15),)
    text = page(report(schedule(*ticks, unlisted=hidden)))
    row = text[text.index('<div class="row dense"') : text.index("<h2>")]
    marks = re.findall(r'<a class="mark (\w+)".*?href="#(.*?)" title="(.*?)"', row)
    assert marks == [
        ("good", "jobs-test/report", "report, Wed 2027-01-06 10:00 to 11:00 CET: 15 ticks, all good"),
        (
            "good",
            "jobs-test/report/2027-01-06T10:59:00Z",
            "report, Wed 2027-01-06 11:00 to 12:00 CET: 60 ticks: 1 failed, 59 good",
        ),
        (
            "failed",
            "jobs-test/report/2027-01-06T10:50:00Z",
            "report, Wed 2027-01-06 11:00 to 12:00 CET: 60 ticks: 1 failed, 59 good",
        ),
        (
            "good",
            "jobs-test/report/2027-01-06T11:59:00Z",
            "report, Wed 2027-01-06 12:00 to 13:00 CET: 60 ticks, all good",
        ),
    ]
    assert "a mark stands for all ticks of one hour that had the same outcome" in text
    assert "a mark stands for" not in page(report(schedule(tick("06 01:00"))))


def test_gravest() -> None:
    """An outcome that this version does not know, and any trouble, are shown before runs that go on or are good."""
    assert gravest(["good", "stopped", "new", "running", "failed"]) == ["new", "failed", "stopped", "running", "good"]


def test_axis() -> None:
    """Each day has a line at midnight and its hours, and its date is on the axis."""
    found = Reader(page(report(schedule(tick("06 01:00")))))
    assert found.all("class").count("midnight") == 2
    assert "Wed 06 Jan 03 06 09 12 15 18 21 Thu 07 Jan 03 06 09 12 15 18 21" in found.words
    assert "night" not in found.all("class")


def test_what_is_not_there() -> None:
    """Deleted, disabled and ended schedules are marked, and so is a stack without alerts."""
    gone = schedule(name="gone", state="DELETED", coming=())
    paused = schedule(name="paused", state="DISABLED", coming=())
    ended = schedule(name="ended", coming=())
    words = Reader(page(report(gone, paused, ended))).words
    assert "gone deleted paused disabled ended no further tick" in words
    assert "gone Deleted; still in the ledger. No tick is recorded yet." in words
    assert "Europe/Berlin; disabled. No tick is recorded yet." in words
    assert "Alerts sent None." in words


def test_what_only_the_ledger_knows() -> None:
    """Without messages, alerted ticks are shown as such, and no log is said to be empty."""
    known = alert(to=(), body="")
    one = schedule(tick("06 01:00", runs=(run(log=None),)))
    found = Reader(page(report(one, alerts=(known,), has_messages=False)))
    assert "Alerted ticks 1" in found.words
    assert "Alerts sent" not in found.words
    assert "wrote no log" not in found.words
    assert f"{known.subject} Ticks" in found.words
    assert "The run wrote no log." in Reader(page(report(schedule(tick("06 01:00", runs=(run(log=()),)))))).words


def test_ticks_before_the_timeline() -> None:
    """Ticks that are too old for the timeline are counted, and listed below it."""
    old = NOW - LOOK_BACK - LOOK_BACK
    text = page(report(schedule(tick(old), tick("06 01:00"))))
    assert "1 tick before this timeline is in the list below." in text
    assert 'id="jobs-test/report/2026-12-23T12:00:00Z"' in text
    assert 'href="#jobs-test/report/2026-12-23T12:00:00Z"' not in text


def test_many_alerts() -> None:
    """The latest alerts are shown, newest first; earlier alerts are folded."""
    text = page(report(alerts=tuple(alert(subject=f"number {number}.") for number in range(8))))
    assert re.findall(r"number \d", text) == [f"number {number}" for number in reversed(range(8))]
    assert text.index("number 3") < text.index("<summary>3 earlier alerts</summary>") < text.index("number 2")


def test_several_stacks() -> None:
    """Each stack has its own part, and all stacks share one filter."""
    one = report(schedule(tick("06 01:00"), tick("05 01:00", "failed")))
    two = report(schedule(tick("06 01:00"), job="other"), group="jobs-other", name="other")
    found = Reader(page(Report(now=NOW, stacks=(*one.stacks, *two.stacks))))
    assert (found.count("h1"), found.count("form")) == (2, 1)
    assert "good F failed future tick now" in found.words
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
    """An overrun is shown until the run fails, and a good run after a failed one is shown as good."""
    assert mark(outcome, alerted) == expected
