"""`python docs/pictures.py`: writes docs/report.png, the report page of the sandbox that runs, for README.

Needs Chromium. The day in the picture is this one:

    make up ARGS="--at 2026-11-25T23:00"
    .venv/bin/python docs/pictures.py
"""  # noqa: INP001 - a folder of pages, with the script that draws for them

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent
PICTURE = DOCS / "report.png"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTH, HEIGHT = 1040, 784
"""Of the part of the page that the picture shows, in CSS pixels: the counts, the timeline and the alerts."""
SCALE = 2
"""Pixels of the picture for each CSS pixel: sharp on screens of high density."""
LARGEST = 250_000
"""Bytes: README must load fast."""


def main() -> int:
    """Write the picture; 1 with a message where it cannot be done."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        return _fail(f"needs one of these on PATH: {', '.join(BROWSERS)}")
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        page = Path(folder) / "report.html"
        command = [sys.executable, "-m", "sandbox", "report", "--output", str(page)]
        if subprocess.run(command, cwd=DOCS.parent, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            return 1
        picture = Path(folder) / PICTURE.name
        _draw(browser, page, picture)
        if not picture.exists():
            return _fail(f"{browser} drew nothing")
        if (size := picture.stat().st_size) > LARGEST:
            return _fail(f"the picture has {size} bytes; at most {LARGEST} are wanted")
        shutil.copyfile(picture, PICTURE)
    return 0


def _draw(browser: str, page: Path, picture: Path) -> None:
    """Write the upper part of a page as a PNG."""
    command = [
        browser,
        "--headless",
        "--hide-scrollbars",
        "--disable-gpu",
        f"--user-data-dir={picture.parent / 'profile'}",
        f"--window-size={WIDTH},{HEIGHT}",
        f"--force-device-scale-factor={SCALE}",
        f"--screenshot={picture}",
        page.as_uri(),
    ]
    if os.geteuid() == 0:
        command.insert(1, "--no-sandbox")  # Chromium refuses to start as root with it; the page is our own
    subprocess.run(command, capture_output=True, timeout=60, check=False)


def _fail(message: str) -> int:
    sys.stderr.write(f"error: {message}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
