"""The stand-in for docker-build: which inputs it takes, and when it builds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime.proto import provider_pb2

from emulator.provider.builds.docker_build import DockerBuildServicer, context_hash
from emulator.provider.core.properties import UNKNOWN, decode, encode

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT: Any = None
"""The stand-in uses gRPC's context only to fail."""


@pytest.fixture
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Lay out a folder to build, and return the inputs of its image."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text("FROM scratch\n")
    return {"context": {"location": "app"}, "dockerfile": {"location": "app/Dockerfile"}, "push": True}


def failures(inputs: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what Check refuses."""
    answer = DockerBuildServicer().Check(provider_pb2.CheckRequest(news=encode(inputs)), CONTEXT)
    return [(one.property, one.reason) for one in answer.failures]


def test_missing_files_are_refused(inputs: dict[str, Any]) -> None:
    """In the real provider's words; what a preview does not know is not looked for."""
    assert failures(inputs) == []
    assert failures({**inputs, "context": {"location": "none"}}) == [
        ("context.location", '"none": not a valid directory or URL')
    ]
    assert failures({**inputs, "dockerfile": {"location": "none"}}) == [
        ("dockerfile.location", "open none: no such file or directory")
    ]
    assert failures({**inputs, "context": {"location": UNKNOWN}}) == []


def test_a_changed_file_is_a_change(inputs: dict[str, Any], tmp_path: Path) -> None:
    """Also a new file, and a new mode. What is the same is no change."""
    servicer = DockerBuildServicer()

    def changed() -> list[str]:
        state = encode({**inputs, "contextHash": known, "digest": "sha256:0", "ref": "x"})
        answer = servicer.Diff(provider_pb2.DiffRequest(olds=state, news=encode(inputs)), CONTEXT)
        return list(answer.diffs)

    known = ""
    assert changed() == ["contextHash"]
    for change in (
        lambda: (tmp_path / "app" / "Dockerfile").write_text("FROM scratch\nCOPY . .\n"),
        lambda: (tmp_path / "app" / "data").write_text(""),
        lambda: (tmp_path / "app" / "data").chmod(0o755),
    ):
        known = context_hash(inputs)
        assert changed() == []
        change()
        assert changed() == ["contextHash"]


def test_a_preview_builds_nothing(inputs: dict[str, Any]) -> None:
    """The outputs are unknown."""
    answer = DockerBuildServicer().Create(provider_pb2.CreateRequest(properties=encode(inputs), preview=True), CONTEXT)
    outputs = decode(answer.properties)
    assert {outputs[name] for name in ("contextHash", "digest", "ref")} == {UNKNOWN}
