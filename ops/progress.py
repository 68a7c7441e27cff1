"""Shows on a terminal what a command is doing, when that takes longer. The line is on standard error, and goes away."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from watch.untrusted import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.spinner import Spinner

_AFTER = 0.5
"""Seconds until the line is shown. What is done by then needs none."""


class _Shown:
    """The line. One thread shows it, and removes it when all is done."""

    def __init__(self) -> None:
        """Prepare the thread."""
        self.texts: list[str] = []
        """What is done now, the last one as a part of those before it."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._show, daemon=True)

    def start(self) -> None:
        """Show the line, if it is not over soon."""
        self._thread.start()

    def stop(self) -> None:
        """Remove the line."""
        self._over.set()
        self._thread.join()

    def _show(self) -> None:
        if self._over.wait(_AFTER):
            return
        from rich.console import Console  # noqa: PLC0415 - a command that is fast does not need it
        from rich.live import Live  # noqa: PLC0415 - as above
        from rich.spinner import Spinner  # noqa: PLC0415 - as above
        from rich.text import Text  # noqa: PLC0415 - as above

        spinner = Spinner("line")

        def line() -> Spinner:
            spinner.text = Text(visible(self.texts[-1]), no_wrap=True, overflow="crop")
            return spinner

        # What the command prints meanwhile on this terminal comes above the line.
        to_terminal = sys.stdout.isatty()
        with Live(get_renderable=line, console=Console(stderr=True), transient=True, redirect_stdout=to_terminal):
            self._over.wait()


_shown: list[_Shown] = []
"""The line that is shown now, if there is one."""


@contextmanager
def of(text: str) -> Iterator[Callable[[str], None]]:
    """Show the text on a terminal while the block runs, and give it a function that changes the text.

    A block within another one shows its own text meanwhile.
    """
    outermost = not _shown and sys.stderr.isatty()
    if outermost:
        _shown.append(_Shown())
    texts = _shown[0].texts if _shown else []
    place = len(texts)
    texts.append(text)

    def say(changed: str) -> None:
        texts[place] = changed

    if outermost:
        _shown[0].start()
    try:
        yield say
    finally:
        if outermost:
            _shown.pop().stop()
        texts.pop()
