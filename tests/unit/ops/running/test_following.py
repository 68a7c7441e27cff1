"""Tests of reading a log by its tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aws_facts.log_place import LogPlace
from ops.running.following import ContainerLog, Line, Logs

NOW = datetime(2027, 2, 3, 9, tzinfo=UTC)
APP, SIDECAR = (LogPlace("/ecs/web", f"ecs/{name}/0a", "eu-central-1") for name in ("app", "sidecar"))

Event = tuple[datetime, str]


@dataclass
class Cloud:
    """CloudWatch Logs at its least convenient: pages are short, some are empty, and lines come late."""

    pages: dict[str, list[list[Event]]] = field(default_factory=dict)
    """The pages of each stream; one without pages does not exist."""
    reads: int = 0

    def read(self, place: LogPlace, token: str | None) -> tuple[list[Event], str | None]:
        """Return the page after a token."""
        self.reads += 1
        pages = self.pages.get(place.stream)
        if pages is None:
            return [], None
        at = int(token or 0)
        return (pages[at], str(at + 1)) if at < len(pages) else ([], str(at))


def event(number: int) -> Event:
    """Return a line that was written some seconds after NOW."""
    return NOW + timedelta(seconds=number), f"line {number}"


events = st.lists(st.lists(st.integers(0, 50).map(event), max_size=3), max_size=5)


@given(events, events)
def test_every_line_is_read_once(of_app: list[list[Event]], of_sidecar: list[list[Event]]) -> None:
    """An empty page is not the end. The lines of all containers are in the order of their times."""
    cloud = Cloud({APP.stream: of_app, SIDECAR.stream: of_sidecar})
    logs = Logs([ContainerLog("app", APP), ContainerLog("sidecar", SIDECAR)], cloud.read)
    lines = logs.new_lines()
    assert [line.at for line in lines] == sorted(line.at for line in lines)
    for name, pages in (("app", of_app), ("sidecar", of_sidecar)):
        written = sorted(one for page in pages for one in page)
        assert sorted((line.at, line.text) for line in lines if line.container == name) == written
    assert logs.new_lines() == []


@given(st.lists(st.integers(0, 2), max_size=12), st.integers(0, 10))
def test_following_shows_what_comes_after_the_end_too(arrivals: list[int], ends_after: int) -> None:
    """Lines that come while the task runs, or shortly after its end, are shown once; then it is over.

    `arrivals` is how many lines come during each pause. After its end a task is still looked at three times without a
    line, so what comes with gaps of two pauses or less is shown.
    """
    cloud, pauses, written = Cloud({APP.stream: []}), 0, 0

    def pause(_: float) -> None:
        nonlocal pauses, written
        if pauses < len(arrivals):
            for _ in range(arrivals[pauses]):
                cloud.pages[APP.stream].append([event(written)])
                written += 1
        pauses += 1
        assert pauses < 60

    shown: list[Line] = []
    for lines in Logs([ContainerLog("app", APP)], cloud.read, pause).follow(lambda: pauses >= ends_after):
        shown += lines
    quiet = 0
    for number, count in enumerate([0, *arrivals, 0, 0, 0] + [0] * ends_after):
        quiet = quiet + 1 if number >= ends_after and not count else 0
        if quiet == 3:
            break
    expected = sum([0, *arrivals][: number + 1])
    assert [line.text for line in shown] == [f"line {one}" for one in range(expected)]


def test_a_log_that_does_not_exist_yet_is_waited_for() -> None:
    """The stream is made with its first line."""
    cloud = Cloud()

    def pause(_: float) -> None:
        cloud.pages.setdefault(APP.stream, [[event(1)]])

    ends = iter([False, False, True])
    found = Logs([ContainerLog("app", APP)], cloud.read, pause).follow(lambda: next(ends, True))
    assert [line.text for lines in found for line in lines] == ["line 1"]
