"""Which tick of a backfill begins next: each once, in order, and never more at a time than wanted. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Turns:
    """The ticks that have not begun, and those that go on."""

    waiting: list[str]
    """The ticks to begin, in order."""
    at_once: int
    """How many may go on at a time."""
    keep_going: bool
    """Whether further ticks begin after one that did not end well."""
    going_on: set[str] = field(default_factory=set)
    """Ticks that have begun. With those that an earlier command has begun, they may be more than `at_once`."""
    stopped: bool = False
    """Whether no further tick begins."""

    @property
    def next(self) -> str | None:
        """The tick that may begin now; None when none may."""
        may = self.waiting and not self.stopped and len(self.going_on) < self.at_once
        return self.waiting[0] if may else None

    @property
    def is_over(self) -> bool:
        """Whether nothing goes on and nothing begins any more."""
        return not self.going_on and self.next is None

    def begin(self, tick: str) -> None:
        """Note that a tick has begun: the next one, or one that goes on already."""
        self.leave(tick)
        self.going_on.add(tick)

    def leave(self, tick: str) -> None:
        """Note that a tick does not run."""
        self.waiting.remove(tick)

    def end(self, tick: str, *, good: bool) -> None:
        """Note that a tick has ended."""
        self.going_on.remove(tick)
        self.stopped = self.stopped or not (good or self.keep_going)

    def stop(self) -> None:
        """Let no further tick begin."""
        self.stopped = True
