"""A stack is worked on from a copy of its file: without secrets, and otherwise as it is written."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from sandbox.errors import SandboxError
from sandbox.session import Server, Session
from sandbox.stacks import Stack, check_stack_file, placeholder, without_secrets

if TYPE_CHECKING:
    from pathlib import Path

WRITTEN = """\
# what this team runs
secretsprovider: awskms://alias/pulumi
encryptionsalt: v1:abc
encryptedkey: AQICAH
config:
  aws:region: eu-west-1
  team:token:
    secure: CIPHER
  scheduled-jobs:schedules:
    cleanup: off
    once: 2027-01-04
    daily: "cron(0 2 * * ? *)"
    octal: 010
    yes: no
  scheduled-jobs:alerts:
    email: [ops@example.com, {secure: CIPHER}]
    https:
      - secure: CIPHER
  scheduled-jobs:odd:
    a.b: {secure: CIPHER}
    "c[0]": [[{secure: CIPHER}]]
    not-one: {secure: x, other: y}
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Give a program's folder."""
    (tmp_path / "Pulumi.yaml").write_text(
        "name: scheduled-jobs\nruntime:\n  name: python\n  options: {toolchain: pip}\n"
    )
    (tmp_path / "Pulumi.staging.yaml").write_text(WRITTEN)
    return tmp_path


def stack(source: Path, name: str = "staging", endpoint: str = "http://127.0.0.1:1") -> Stack:
    """Give a stack of the program."""
    return Stack(Session(source / "session"), "scheduled-jobs", name, source, Server(1, 0.0, endpoint, 2))


def test_secrets(source: Path) -> None:
    """Secrets and their provider are left out, and each secret's path is given as `pulumi config --path` takes it."""
    text, secrets = without_secrets(source / "Pulumi.staging.yaml")
    assert secrets == [
        "team:token",
        "scheduled-jobs:alerts.email[1]",
        "scheduled-jobs:alerts.https[0]",
        'scheduled-jobs:odd["a.b"]',
        'scheduled-jobs:odd["c[0]"][0][0]',
    ]
    assert "CIPHER" not in text
    assert set(yaml.safe_load(text)) == {"config"}


def test_scalars_stay(source: Path) -> None:
    """What a reader of YAML would turn into something else stays as it is written, and so does all else."""
    text, _ = without_secrets(source / "Pulumi.staging.yaml")
    for line in ("cleanup: off", "once: 2027-01-04", "octal: 010", "yes: no", "aws:region: eu-west-1"):
        assert f"{line}\n" in text
    before, after = yaml.safe_load(WRITTEN), yaml.safe_load(text)
    assert after["config"]["scheduled-jobs:schedules"] == before["config"]["scheduled-jobs:schedules"]
    assert after["config"]["scheduled-jobs:odd"]["not-one"] == {"secure": "x", "other": "y"}
    assert after["config"]["scheduled-jobs:alerts"]["email"][0] == "ops@example.com"
    assert len(after["config"]["scheduled-jobs:alerts"]["email"]) == 2


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "config:\n", "config: {}\n"], ids=["none", "comment", "null", "empty"]
)
def test_empty(source: Path, text: str) -> None:
    """A stack file that says nothing is one."""
    (source / "Pulumi.staging.yaml").write_text(text)
    assert without_secrets(source / "Pulumi.staging.yaml")[1] == []
    assert stack(source).region == "eu-central-1"
    check_stack_file(source, "staging")


BROKEN = {
    "no YAML": b"config: [a",
    "tabs": b"config:\n\ta: b",
    "two documents": b"config: {}\n---\nconfig: {}\n",
    "a list": b"- config",
    "a word": b"config",
    "config that is a list": b"config: [a]",
    "config that is a word": b"config: a",
    "no text": b"config: \xff",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_broken(source: Path, content: bytes) -> None:
    """A stack file that is none is refused, by its name, before anything is done with it."""
    (source / "Pulumi.staging.yaml").write_bytes(content)
    with pytest.raises(SandboxError, match=r"Pulumi\.staging\.yaml"):
        check_stack_file(source, "staging")


def test_unknown_stack(source: Path) -> None:
    """A stack without a file is refused with those that have one."""
    (source / "Pulumi.a.b.yaml").write_text("")
    with pytest.raises(SandboxError, match=r"no Pulumi\.prod\.yaml .* accepted stacks: a\.b, staging$"):
        check_stack_file(source, "prod")


def test_copy(source: Path) -> None:
    """The copy names the program where it is, and this Python; the user's own files are left alone."""
    before = {file.name: file.read_bytes() for file in source.glob("Pulumi*")}
    made = stack(source)
    made._copy_files()
    copied = yaml.safe_load((made.folder / "Pulumi.yaml").read_text())
    assert copied == {"name": "scheduled-jobs", "runtime": "python", "main": str(source)}
    assert "CIPHER" not in (made.folder / "Pulumi.staging.yaml").read_text()
    assert {file.name: file.read_bytes() for file in source.glob("Pulumi*")} == before


def test_environment(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CLI works on the embedded AWS in the stack's region, with nothing of the caller's accounts."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "pul-1")
    found = stack(source).environment()
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert found["AWS_REGION"] == "eu-west-1"
    assert not {"AWS_PROFILE", "PULUMI_ACCESS_TOKEN"} & found.keys()


def test_elsewhere(source: Path) -> None:
    """A server file that names an endpoint elsewhere has the CLI started by nobody."""
    with pytest.raises(SandboxError, match="loopback"):
        stack(source, endpoint="https://ecs.eu-west-1.amazonaws.com").run("up")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("scheduled-jobs:alerts.email[0]", "placeholder@example.invalid"),
        ("scheduled-jobs:alerts.https[0]", "https://example.invalid/placeholder"),
    ],
)
def test_placeholder(path: str, expected: str) -> None:
    """What stands for a secret is accepted where a secret is, and can be delivered nowhere."""
    assert placeholder(path) == expected


def test_failing_cli(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A CLI that fails is one message: which command, which stack, and what it said."""
    done = subprocess.CompletedProcess(["pulumi"], 255, "", "error: no such stack\n")
    monkeypatch.setattr(Stack, "start", lambda *_, **__: done)
    with pytest.raises(SandboxError) as failed:
        stack(source).run("stack", "select", "x", quiet=True)
    assert str(failed.value) == (
        "`pulumi stack select` of scheduled-jobs, stack staging, failed:\nerror: no such stack"
    )


def test_changes(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `up` counts what it created, changed and deleted, and not what stayed."""
    made = stack(source)
    made.folder.mkdir(parents=True)

    def start(_: Stack, *arguments: str, **__: object) -> subprocess.CompletedProcess[str]:
        summary = '{"summaryEvent": {"resourceChanges": {"create": 2, "same": 5, "delete": 1, "read": 3}}}\n'
        with open(arguments[-1], "w") as events:  # noqa: PTH123 - its last argument names the file
            events.write('{"preludeEvent": {}}\n' + summary + "{}\n")
        return subprocess.CompletedProcess(["pulumi"], 0, "", "")

    monkeypatch.setattr(Stack, "start", start)
    assert made.up() == 3
