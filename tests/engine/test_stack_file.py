"""Stack files mean to `make check` what they mean to the engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from settings import Problems, stack_file
from tests.engine.program import Program
from tests.unit.settings.test_stack_file import AS_THE_ENGINE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import Sandbox

PROGRAM = """
import json, pulumi
pulumi.export("values", json.loads(pulumi.runtime.get_config_env()["scheduled-jobs:tags"]))
"""


def test_scalars_mean_what_the_engine_makes_of_them(sandbox: Sandbox, tmp_path: Path) -> None:
    """Each plain scalar of the table is read by the real engine, and by us."""
    (tmp_path / "Pulumi.yaml").write_text("name: scheduled-jobs\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    program = Program(tmp_path, sandbox.session, sandbox.server, "scalars")
    lines = [f"    k{i}: {text}\n" for i, text in enumerate(AS_THE_ENGINE)]
    program.stack.file.write_text("config:\n  scheduled-jobs:tags:\n" + "".join(lines))
    program.stack.prepare()
    program.up()

    asked = json.loads(program.stack.run("stack", "output", "values", "--json", quiet=True))

    assert asked == {f"k{i}": value for i, value in enumerate(AS_THE_ENGINE.values())}
    assert (stack_file.read(program.stack.file, Problems()) or {})["tags"] == asked
