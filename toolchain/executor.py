"""Starts a Pulumi program for the language host that `make setup` builds.

That language host is older than the setting `virtualenv` in Pulumi.yaml, and starts the first Python on PATH. Where
that Python has no Pulumi, this file, of which the build has a copy, takes the Python of the environment in the setting.
It needs nothing but Python, and then runs the language host's own script.
"""

import os
import re
import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

OWN_SCRIPT = "pulumi-language-python-exec-original"
"""The language host's own script, in the same directory."""
_VIRTUALENV = re.compile(r"""^[ \t]+virtualenv:[ \t]*["']?([^"'#\n]+)""", re.MULTILINE)


def environment_python(folder: Path) -> Path | None:
    """Return the Python of the environment that Pulumi.yaml in this folder names; None when there is none."""
    try:
        found = _VIRTUALENV.search((folder / "Pulumi.yaml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    python = folder / found[1].strip() / "bin" / "python" if found else None
    return python if python and os.access(python, os.X_OK) else None


def main() -> None:
    """Run the language host's own script, with the Python that has Pulumi."""
    script = str(Path(__file__).with_name(OWN_SCRIPT))
    words = sys.argv[1:]
    if find_spec("pulumi") is None:
        folder = Path(words[words.index("--pwd") + 1]) if "--pwd" in words[:-1] else Path.cwd()
        python = environment_python(folder)
        if python is not None:
            os.execv(python, [str(python), script, *words])  # noqa: S606 - a program with its arguments, and no shell
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
