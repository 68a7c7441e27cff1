"""Checks the Dockerfiles of jobs whose image the deployment builds. It reads the project's files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from settings import key_path
from watch.redaction import looks_secret, password_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from settings import Dockerfile, Problems

PROJECT = Path(__file__).parent.parent
_UNWANTED = (".env", ".git", ".venv", "node_modules")
"""What a folder often has and an image should not: `COPY . .` takes all that no `.dockerignore` names."""


def check(build: Dockerfile, where: str, problems: Problems) -> None:
    """Report a folder or Dockerfile that is not there, and arguments that seem to hold a secret.

    `where` is the place of the image, such as `jobs/report.py.image`.
    """
    where = f"{where}.build"
    _check_files(build, where, problems)
    for name, why in _secrets(build.args):
        problems.add(
            key_path(where, "args", name),
            f"{why}, and arguments stay in the image; use a secret of the image instead (`secrets`), or build the "
            "image elsewhere and name it by its tag",
        )


def _check_files(build: Dockerfile, where: str, problems: Problems) -> None:
    folder = PROJECT / build.context
    if not folder.is_dir():
        problems.add_value(f"{where}.context", build.context, "no such folder in the project")
        return
    if not folder.resolve().is_relative_to(PROJECT.resolve()):
        problems.add_value(f"{where}.context", build.context, "is a link that leads out of the project")
        return
    file = folder / build.file
    if not file.is_file():
        problems.add_value(f"{where}.file", build.file, f"no such file in {build.context}")
        return
    if not _ignores(folder, file) and (found := [name for name in _UNWANTED if (folder / name).exists()]):
        problems.warn(
            f"{where}.context",
            build.context,
            f"has {', '.join(found)} and no .dockerignore, so `COPY . .` takes them into the image",
        )


def _ignores(folder: Path, file: Path) -> bool:
    """Return whether a `.dockerignore` says what is left out: of the Dockerfile, or of the folder."""
    return any(one.is_file() for one in (file.with_name(f"{file.name}.dockerignore"), folder / ".dockerignore"))


def _secrets(args: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the arguments that seem to hold a secret, each with why. The value is not shown."""
    for name, value in sorted(args.items()):
        if looks_secret(name):
            yield name, "the name looks like a secret's"
        elif password_in(value):
            yield name, "the value contains a password"
