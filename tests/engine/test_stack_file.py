"""Stack files mean to `make check` what they mean to the engine."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from settings import Problems, sent_value, stack_file
from tests.engine.program import Program
from tests.unit.settings.test_stack_file import typed
from tests.unit.settings.yaml_corpus import CORPUS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.conftest import Sandbox

PROGRAM = """
import pulumi
pulumi.export("values", pulumi.runtime.get_config_env()["scheduled-jobs:tags"])
"""
SENT = ("integers", "large integers", "floats", "words", "dates", "text tag", "keys that are no text")
"""Files whose values a program is asked for too."""
PREFIX = "scheduled-jobs:"
AT_ONCE = 4
"""Calls of the CLI at a time; most of each is waiting."""

Values = dict[str, Any] | None


@pytest.fixture(scope="module")
def program(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Lay out a program that exports its config, and create its stack."""
    folder: Path = tmp_path_factory.mktemp("corpus")
    (folder / "Pulumi.yaml").write_text("name: scheduled-jobs\nruntime: python\n")
    (folder / "__main__.py").write_text(PROGRAM)
    program = Program(folder, sandbox.session, sandbox.server, "corpus")
    program.stack.file.write_text("config: {}\n")
    program.stack.prepare()
    return program


@pytest.fixture(scope="module")
def asked(program: Program, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Values]:
    """Return what the engine makes of the project's keys in each file; None when it refuses the file."""
    folder: Path = tmp_path_factory.mktemp("files")

    def ask(number: int, content: str | bytes) -> Values:
        file = folder / f"{number}.yaml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        done = program.stack.start("config", "--json", "--show-secrets", "--config-file", str(file), capture=True)
        if done.returncode != 0:
            return None
        found = {key: sent_value.parse(one["value"]) for key, one in json.loads(done.stdout).items()}
        return {key.removeprefix(PREFIX): value for key, value in found.items() if key.startswith(PREFIX)}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        contents = [content for content, _ in CORPUS.values()]
        return dict(zip(CORPUS, pool.map(ask, range(len(contents)), contents), strict=True))


@pytest.mark.parametrize("name", CORPUS)
def test_the_corpus_is_what_the_engine_says(asked: dict[str, Values], name: str) -> None:
    """Each file of the corpus has these values in the engine, or is refused by it."""
    assert typed(asked[name]) == typed(CORPUS[name][1])


def test_a_program_gets_the_same_values(program: Program) -> None:
    """What the engine tells of config is what it sends to a program, and what we read."""
    for name in SENT:
        content, values = CORPUS[name]
        program.stack.file.write_text(str(content))
        program.stack.prepare()
        program.up()
        got = json.loads(json.loads(program.stack.run("stack", "output", "values", "--json", quiet=True)))
        assert typed({"tags": got}) == typed(values), name
        assert typed(stack_file.read(program.stack.file, Problems())) == typed(values), name
