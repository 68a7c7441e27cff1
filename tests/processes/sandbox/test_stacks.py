"""A stack is used through a copy of its file, which has no secrets and is otherwise unchanged."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from components import clock
from sandbox import deployment, programs
from sandbox.client import Client
from sandbox.errors import SandboxError
from sandbox.session import Server, Session
from sandbox.stack_files import check_region, check_stack_file, placeholder, without_secrets
from sandbox.stacks import Stack
from settings import Problems, stack_file
from tests.credentials import SESSION

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
    """Return a program's folder."""
    (tmp_path / "Pulumi.yaml").write_text(
        "name: scheduled-jobs\nruntime:\n  name: python\n  options: {toolchain: pip}\n"
    )
    (tmp_path / "Pulumi.staging.yaml").write_text(WRITTEN)
    return tmp_path


def stack(source: Path, name: str = "staging", endpoint: str = "http://127.0.0.1:1") -> Stack:
    """Return a stack of the program."""
    return Stack(Session(source / "session"), "scheduled-jobs", name, source, Server(1, 0.0, endpoint, 2, SESSION))


def test_secrets(source: Path) -> None:
    """Secrets and their provider are left out, and each secret's path is in the form of `pulumi config --path`."""
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


MERGED = {
    "merged into an endpoint": (
        "config:\n  scheduled-jobs:alerts: {https: [{<<: {to: {secure: CIPHER}}, owners: [data]}]}\n",
        ["scheduled-jobs:alerts.https[0].to"],
    ),
    "merged from a list": (
        "x: [&x {https: [{secure: CIPHER}]}]\nconfig:\n  scheduled-jobs:alerts: {<<: [*x], email: []}\n",
        ["scheduled-jobs:alerts.https[0]"],
    ),
    "merged into config": (
        "config:\n  <<: {team:token: {secure: CIPHER}}\n  team:name: a\n",
        ["team:token"],
    ),
    "config that is merged": (
        "<<: {config: {team:token: {secure: CIPHER}}}\n",
        ["team:token"],
    ),
    "replaced by the mapping that merges it": (
        "config:\n  scheduled-jobs:alerts: {https: [{<<: {to: {secure: CIPHER}}, to: 'https://a.example'}]}\n",
        [],
    ),
    "an alias twice": (
        "x: &x {secure: CIPHER}\nconfig:\n  scheduled-jobs:alerts: {https: [*x, {to: *x}]}\n",
        ["scheduled-jobs:alerts.https[0]", "scheduled-jobs:alerts.https[1].to"],
    ),
}


@pytest.mark.parametrize(("written", "paths"), MERGED.values(), ids=MERGED)
def test_secrets_of_merges_and_aliases(source: Path, written: str, paths: list[str]) -> None:
    """The path of a secret is that of the value in config, wherever it is written, and the secret is nowhere."""
    file = source / "Pulumi.staging.yaml"
    file.write_text(written)
    text, secrets = without_secrets(file)
    assert secrets == paths
    assert "CIPHER" not in text


def test_scalars_stay(source: Path) -> None:
    """Scalars are copied as written, even those that a YAML parser would convert."""
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
    """An empty stack file is valid."""
    (source / "Pulumi.staging.yaml").write_text(text)
    assert without_secrets(source / "Pulumi.staging.yaml")[1] == []
    assert stack(source).region == "eu-central-1"
    check_stack_file(source, "staging")


BROKEN = {
    "no YAML": b"config: [a",
    "tabs": b"config:\n\ta: b",
    "a list": b"- config",
    "a word": b"config",
    "config that is a list": b"config: [a]",
    "config that is a word": b"config: a",
    "no text": b"config: \xff",
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_broken(source: Path, content: bytes) -> None:
    """A broken stack file is refused by its name."""
    (source / "Pulumi.staging.yaml").write_bytes(content)
    with pytest.raises(SandboxError, match=r"Pulumi\.staging\.yaml"):
        check_stack_file(source, "staging")


def test_unknown_stack(source: Path) -> None:
    """A stack without a file is refused with a list of the known stacks."""
    (source / "Pulumi.a.b.yaml").write_text("")
    with pytest.raises(SandboxError, match=r"no file Pulumi\.prod\.yaml.* must be one of: a\.b, staging$"):
        check_stack_file(source, "prod")


def test_copy(source: Path) -> None:
    """The copy refers to the program's own folder, and the user's files are left alone."""
    before = {file.name: file.read_bytes() for file in source.glob("Pulumi*")}
    made = stack(source)
    made._copy_files()
    copied = yaml.safe_load((made.folder / "Pulumi.yaml").read_text())
    assert copied == {"name": "scheduled-jobs", "runtime": "python", "main": str(source)}
    assert "CIPHER" not in (made.folder / "Pulumi.staging.yaml").read_text()
    assert {file.name: file.read_bytes() for file in source.glob("Pulumi*")} == before


def test_environment(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CLI uses the embedded AWS in the stack's region, with its time, and no account of the caller."""
    monkeypatch.setattr(Client, "get", lambda _, what: {"status": {"now": "2026-03-02T00:00:00+00:00"}}[what])
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "pul-1")
    found = stack(source).environment()
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert found["AWS_REGION"] == "eu-west-1"
    assert found[clock.VARIABLE] == "2026-03-02T00:00:00+00:00"
    assert not {"AWS_PROFILE", "PULUMI_ACCESS_TOKEN"} & found.keys()


def test_elsewhere(source: Path) -> None:
    """The CLI is not started with an endpoint that is not on loopback."""
    with pytest.raises(SandboxError, match="loopback"):
        stack(source, endpoint="https://ecs.eu-west-1.amazonaws.com").run("up")


def test_placeholder() -> None:
    """A placeholder is an address that nothing can be delivered to, and each secret has its own."""
    found = [placeholder(f"scheduled-jobs:alerts.https[{number}]") for number in range(3)]
    assert all(address.startswith("https://example.invalid/placeholder-") for address in found)
    assert len(set(found)) == 3


def test_failing_cli(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failing CLI is one message with the command, the stack and the output."""
    done = subprocess.CompletedProcess(["pulumi"], 255, "", "error: no such stack\n")
    monkeypatch.setattr(Stack, "start", lambda *_, **__: done)
    with pytest.raises(SandboxError) as failed:
        stack(source).run("stack", "select", "x", quiet=True)
    assert str(failed.value) == (
        "`pulumi stack select` failed for scheduled-jobs, stack staging:\nerror: no such stack"
    )


def test_changes(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An `up` counts created, changed and deleted resources, not unchanged ones."""
    made = stack(source)
    made.folder.mkdir(parents=True)

    def start(_: Stack, *arguments: str, **__: object) -> subprocess.CompletedProcess[str]:
        summary = '{"summaryEvent": {"resourceChanges": {"create": 2, "same": 5, "delete": 1, "read": 3}}}\n'
        with open(arguments[-1], "w") as events:  # noqa: PTH123 - its last argument names the file
            events.write('{"preludeEvent": {}}\n' + summary + "{}\n")
        return subprocess.CompletedProcess(["pulumi"], 0, "", "")

    monkeypatch.setattr(Stack, "start", start)
    assert made.up() == 3


PLAIN = (
    *("off", '"off"', "'12'", '"12"', "12", "010", "0x10", "1_000", "12:30", "1.5", "yes", "~", "null", "", "true"),
    *("2026-12-31", "2026-12-31T23:00:00", "2026-12-31 23:00:00", "'2026-12-31'", '"2026-12-31 23:00:00"', "''"),
    *("=", "-5", "+1", "1e3", ".5", "a\n      b", "|\n      two\n      lines\n", ">-\n      one"),
    *("{at: 2026-12-31T23:00:00}", "{A: 12:30, B: , C: off}", "[2026-12-31, 12:30, ~, ]", "{}", "[]", '"a: b # c"'),
    *("&a {x: 0x10, y: '0x10'}", "&b off", "cron(0 2 * * ? *)", "*first", "{<<: *map, z: 1}"),
)
HEAD = "config:\n  team:anchors: [&first 010, &map {k: 2026-12-31 1:2:3}]\n  scheduled-jobs:tags:\n"


def values(file: Path) -> dict[str, object] | None:
    """Return the values of a stack file, read like the engine."""
    problems = Problems()
    found = stack_file.read(file, problems)
    assert list(map(str, problems)) == []
    return found


@given(st.lists(st.sampled_from(PLAIN), min_size=1, max_size=8, unique=True))
@example(list(PLAIN))
def test_same_values(texts: list[str]) -> None:
    """The engine reads the same values from the copy as from the file, and no value has a tag."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "Pulumi.x.yaml"
        file.write_text(HEAD + "".join(f"    k{i}: {text}\n" for i, text in enumerate(texts)))
        before = values(file)
        text, _ = without_secrets(file)
        assert "!!" not in text
        file.write_text(text)
        assert values(file) == before


UNREADABLE = {
    "merge of text": ("config:\n  scheduled-jobs:tags: {<<: a}\n", 2),
    "complex key": ("config:\n  a:b:\n    ? [a, b]\n    : c\n", 3),
    "key twice": ("config:\n  scheduled-jobs:tags:\n    a: 1\n    a: 2\n", 4),
    "anchor in itself": ("config:\n  a:b: &a [*a]\n", 2),
}


@pytest.mark.parametrize(("text", "line"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable(source: Path, text: str, line: int) -> None:
    """A file that the engine cannot read is one message with the line."""
    (source / "Pulumi.staging.yaml").write_text(text)
    with pytest.raises(SandboxError, match=rf"^Pulumi\.staging\.yaml:{line}: .+$"):
        check_stack_file(source, "staging")


def test_project_that_is_no_mapping(source: Path) -> None:
    """An unusable Pulumi.yaml is one message."""
    for text in ("- a", "{<<: a}", "? [a]\n: b"):
        (source / "Pulumi.yaml").write_text(text)
        with pytest.raises(SandboxError, match=r"^Pulumi\.yaml .+$"):
            stack(source)._copy_files()


REGIONS = {
    "typo": ("{aws:region: eu-wst-1}", "did you mean 'eu-west-1'"),
    "list": ("{aws:region: [eu-west-1]}", "must be the name of a region"),
    "number": ("{aws:region: 12}", "'12': is not an AWS region"),
    "null": ("{aws:region: }", "must be the name of a region"),
    "missing": ("{a:b: c}", "aws:region: is missing"),
    "no config": ("", "aws:region: is missing"),
}


@pytest.mark.parametrize(("config", "message"), REGIONS.values(), ids=REGIONS)
def test_no_region(source: Path, config: str, message: str) -> None:
    """A stack with an unknown region is refused with the name of its file."""
    file = source / "Pulumi.staging.yaml"
    file.write_text(f"config: {config}\n")
    with pytest.raises(SandboxError, match=r"Pulumi\.staging\.yaml") as refused:
        check_region(file)
    assert message in str(refused.value)


@pytest.mark.parametrize("name", ["eu-west-1", "us-gov-west-1", "cn-north-1", '"ap-east-1"'])
def test_region(source: Path, name: str) -> None:
    """A region of any partition is accepted."""
    file = source / "Pulumi.staging.yaml"
    file.write_text(f"config: {{aws:region: {name}}}\n")
    check_region(file)
    assert stack(source).region == name.strip('"')


@pytest.mark.parametrize("name", ["x" * 300, "../x", "a b", "", "é", "a\nb", "x\n"])
def test_no_name(source: Path, name: str) -> None:
    """An invalid stack name is refused in one line."""
    with pytest.raises(SandboxError, match=r"is not a stack name") as refused:
        check_stack_file(source, name)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize("flag", ["-s", "-sother", "--stack", "--stack=other", "-C", "-C/", "--cwd", "--cwd=/"])
def test_flags_of_preview(flag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A preview refuses flags that name another stack or folder, before it starts anything."""
    monkeypatch.setattr(deployment, "start_server", lambda *_: pytest.fail("started"))
    with pytest.raises(SandboxError, match=r"is not accepted after --"):
        deployment.preview(programs.OWN, "staging", None, [flag, "other"], lambda _: None)
