"""Which zone files are read, whatever the machine has."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata
from pathlib import Path


def test_reads_the_package_and_not_the_machine(tmp_path: Path) -> None:
    """A machine whose files say that Berlin is Tokyo changes nothing, and zoneinfo's own path is left as it was."""
    wrong = tmp_path / "Europe" / "Berlin"
    wrong.parent.mkdir()
    listing = next(file for file in metadata.files("tzdata") or [] if str(file).endswith("zoneinfo/Asia/Tokyo"))
    wrong.write_bytes(Path(str(listing.locate())).read_bytes())
    program = (
        "import zoneinfo, datetime, cadence\n"
        "summer = datetime.datetime(2026, 7, 1)\n"
        "print(summer.replace(tzinfo=cadence.zone('Europe/Berlin')).utcoffset(), "
        "summer.replace(tzinfo=zoneinfo.ZoneInfo('Europe/Berlin')).utcoffset(), zoneinfo.TZPATH)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONTZPATH": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout.strip() == f"2:00:00 9:00:00 ('{tmp_path}',)"
