"""The directories of this machine that stand for container images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from emulator.ecs.runner import Image
from sandbox.session import PROJECT, Session

if TYPE_CHECKING:
    from collections.abc import Mapping


def images(session: Session, more: Mapping[str, Path]) -> Mapping[str, Image]:
    """Return the images of the platform's task definitions and `more`, by name."""
    return {
        "app": Image(
            directory=Path(__file__).parent / "app",
            environment={"DATABASE": str(session.folder / "data" / "app.sqlite3")},
        ),
        "scheduled-jobs": Image(directory=session.project_folder(PROJECT, "sandbox")),
        **{name: Image(directory=folder) for name, folder in more.items()},
    }
