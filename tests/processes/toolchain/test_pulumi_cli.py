from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from toolchain import pulumi_cli
from toolchain.errors import ToolchainError, UnavailableError
from toolchain.pulumi_cli import Way, check, nothing_works, obtain, pulumi_directory, ways
from toolchain.versions import Platform, Version

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    Program = Callable[[Path, str], Path]
    Cli = Callable[..., Path]
    OnlyPath = Callable[..., None]


def unavailable(into: Path) -> None:
    """Fail, like a way that does not work on this machine."""
    (into / "half-made").touch()
    raise UnavailableError("not on this machine")


def void(_result: object) -> None:
    """Ignore a value, in a lambda that returns None."""


def never(_into: Path) -> None:
    """Fail the test, since this way must not be tried."""
    pytest.fail("this way was not to be tried")


def test_takes_the_cli_on_path(cli: Cli, only_path: OnlyPath, tmp_path: Path) -> None:
    """A CLI on PATH that is new enough is used, and nothing else is tried."""
    only_path(cli(tmp_path / "bin"))
    assert obtain([Way("way", tmp_path / "cache" / "way", never)]) is None
    assert pulumi_directory([Way("way", tmp_path / "cache" / "way", never)]) is None


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        pytest.param("echo v3.258.9", "is 3.258.9, older than 3.259.0", id="too-old"),
        pytest.param("echo v3.259.0-rc.1", "is 3.259.0 (a pre-release), older than 3.259.0", id="pre-release"),
        pytest.param("echo broken >&2; exit 7", "version` ended with 7:\n    broken", id="fails"),
        pytest.param("echo hello", "version` printed no version:\n    hello", id="another-program"),
        pytest.param("kill -9 $$", "version` ended with -9:\n    (no output)", id="killed"),
    ],
)
def test_a_broken_cli_on_path_is_reported_and_passed_over(
    script: str,
    reason: str,
    program: Program,
    cli: Cli,
    only_path: OnlyPath,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A CLI on PATH that is too old or does not work is reported with the reason, and the next way is tried."""
    only_path(cli(tmp_path / "bin"))
    program(tmp_path / "bin" / "pulumi", script)
    way = Way("way", tmp_path / "cache" / "way", lambda into: void(cli(into)))
    assert obtain([way]) == way.directory
    assert pulumi_directory([way]) == way.directory
    reported = capsys.readouterr().err
    assert "setup: not used: " in reported
    assert str(tmp_path / "bin" / "pulumi") in reported
    assert reason in reported


def test_a_cli_that_hangs_is_given_up(
    program: Program, gate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that does not answer before the timeout is reported."""
    monkeypatch.setattr(pulumi_cli, "VERSION_TIMEOUT", 0.05)
    program(tmp_path / "pulumi", f"exec cat {gate}")
    with pytest.raises(UnavailableError, match=r"pulumi version` did not answer within 0 s$"):
        check(tmp_path)


def test_a_file_that_is_no_program_is_reported(cli: Cli, tmp_path: Path) -> None:
    """A file that the machine cannot run, for instance of another architecture, is a reason and not a crash."""
    cli(tmp_path)
    (tmp_path / "pulumi").write_bytes(b"\x7fELF nothing")
    with pytest.raises(UnavailableError, match=r"pulumi: Exec format error$"):
        check(tmp_path)


def test_needs_the_language_host(cli: Cli, tmp_path: Path) -> None:
    """The CLI needs its language host, in its directory, behind its link, or on PATH."""
    whole, links, alone, elsewhere = (tmp_path / name for name in ("whole", "links", "alone", "elsewhere"))
    cli(whole)
    links.mkdir()
    (links / "pulumi").symlink_to(whole / "pulumi")
    (cli(alone) / "pulumi-language-python").unlink()
    (cli(elsewhere) / "pulumi").unlink()
    assert check(whole) == check(links) == check(alone, str(elsewhere)) == Version(3, 259, 0)
    with pytest.raises(UnavailableError, match=r"alone/pulumi has no `pulumi-language-python` next to it or on PATH$"):
        check(alone)


def test_takes_the_first_way_that_works(cli: Cli, only_path: OnlyPath, tmp_path: Path) -> None:
    """Ways are tried in order until one works; a way that does not work leaves nothing behind."""
    only_path()
    cache = tmp_path / "cache"
    broken = Way("broken", cache / "broken", lambda into: (into / "pulumi").touch())
    works = Way("works", cache / "works", lambda into: void(cli(into)))
    found = obtain([Way("first", cache / "first", unavailable), broken, works, Way("last", cache / "last", never)])
    assert found == cache / "works"
    assert sorted(path.name for path in cache.iterdir()) == ["lock", "works"]


def test_makes_nothing_twice(cli: Cli, only_path: OnlyPath, tmp_path: Path) -> None:
    """A CLI in the cache is used before any way is tried, even the CLI of a later way."""
    only_path()
    later = Way("later", cli(tmp_path / "cache" / "later"), never)
    assert obtain([Way("first", tmp_path / "cache" / "first", never), later]) == later.directory


def test_makes_a_broken_one_in_the_cache_again(
    cli: Cli, only_path: OnlyPath, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A CLI in the cache that stopped working is reported and replaced."""
    only_path()
    way = Way("way", cli(tmp_path / "cache" / "way"), lambda into: void(cli(into, "v3.260.0")))
    (way.directory / "pulumi-language-python").unlink()
    assert obtain([way]) == way.directory
    assert check(way.directory) == Version(3, 260, 0)
    assert "setup: installing it again: " in capsys.readouterr().err


def test_says_what_to_do_where_nothing_works(only_path: OnlyPath, tmp_path: Path) -> None:
    """When no way works, one message has the reason of each and the three things that a user can do."""
    only_path()
    with pytest.raises(ToolchainError) as failure:
        obtain([Way("the release", tmp_path / "way", unavailable)])
    assert str(failure.value) == nothing_works({"PATH": "no `pulumi` on PATH", "the release": "not on this machine"})
    assert [line.split(". ")[0].strip() for line in str(failure.value).splitlines() if line.startswith("  ")] == [
        "- PATH: no `pulumi` on PATH",
        "- the release: not on this machine",
        *"123",
    ]


def test_looking_makes_nothing(only_path: OnlyPath, tmp_path: Path) -> None:
    """`pulumi_directory` neither installs a CLI nor waits; without a CLI, the error names the command to run."""
    only_path()
    with pytest.raises(
        ToolchainError, match=r"^There is no Pulumi CLI yet \(no `pulumi` on PATH\): run `make setup`.$"
    ):
        pulumi_directory([Way("way", tmp_path / "cache" / "way", never)])
    assert list(tmp_path.iterdir()) == []


def test_the_ways_and_their_keys(tmp_path: Path) -> None:
    """The release comes before the build, and each has a directory with its version and platform in the name."""
    here = ways(tmp_path, Platform("linux", "x64"))
    assert [way.name for way in here] == ["the official release 3.272.0", "3.259.0 built with Go"]
    assert here[0].directory == tmp_path / "pulumi-3.272.0-release-linux-x64"
    assert here[1].directory.name.startswith("pulumi-3.259.0-go-linux-x64-")
    there = ways(tmp_path, Platform("darwin", "arm64"))
    assert {way.directory for way in here}.isdisjoint(way.directory for way in there)


# Installs the CLI in a separate process, after it has written a log line and waited at a gate.
SETUP = """
from pathlib import Path
from toolchain.pulumi_cli import Way, obtain

def install(into):
    with Path({log!r}).open("a") as log:
        log.write("made\\n")
    for name in ("pulumi", "pulumi-language-python"):
        (into / name).write_text("#!/bin/sh\\necho v3.259.0\\n")
        (into / name).chmod(0o755)
    print("at the gate", flush=True)
    Path({gate!r}).read_text()

print(obtain([Way("way", Path({target!r}), install)]))
"""


def test_two_at_once_make_one(
    python: Callable[[str], subprocess.Popen[str]], only_path: OnlyPath, gate: Path, tmp_path: Path
) -> None:
    """Of two set-ups at the same time, one installs the CLI, and the other waits and uses it."""
    only_path()
    log, target = tmp_path / "log", tmp_path / "cache" / "way"
    code = SETUP.format(log=str(log), gate=str(gate), target=str(target))
    first = python(code)
    assert first.stdout is not None
    assert first.stdout.readline() == "at the gate\n"
    second = python(code)
    assert second.stderr is not None
    assert "waiting for another process" in second.stderr.readline()
    assert not target.exists()
    gate.write_text("go on")
    assert first.communicate()[0] == f"{target}\n"
    assert second.communicate()[0] == f"{target}\n"
    assert log.read_text() == "made\n"


def test_recovers_from_a_killed_one(
    python: Callable[[str], subprocess.Popen[str]], cli: Cli, only_path: OnlyPath, gate: Path, tmp_path: Path
) -> None:
    """Files that a killed set-up left behind are removed by the next one, and not used."""
    only_path()
    target = tmp_path / "cache" / "way"
    killed = python(SETUP.format(log=str(tmp_path / "log"), gate=str(gate), target=str(target)))
    assert killed.stdout is not None
    assert killed.stdout.readline() == "at the gate\n"
    killed.kill()
    killed.wait()
    assert [path.name.split("-")[0] for path in (tmp_path / "cache").iterdir() if path.is_dir()] == ["way.part"]
    assert obtain([Way("way", target, lambda into: void(cli(into)))]) == target
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["lock", "way"]


def test_asks_for_the_version_in_a_home_of_its_own(
    program: Program, cli: Cli, only_path: OnlyPath, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller's Pulumi home is not changed, and of the caller's environment only PATH and HOME are passed on."""
    mine = tmp_path / "mine"
    mine.mkdir()
    monkeypatch.setenv("PULUMI_HOME", str(mine))
    monkeypatch.setenv("PULUMI_ACCESS_TOKEN", "pul-1")
    directory = cli(tmp_path / "bin")
    only_path(directory)
    told = tmp_path / "told"
    program(directory / "pulumi", f'env > {told}; : > "$PULUMI_HOME/log"; echo v3.259.0')
    check(directory)
    names = {line.partition("=")[0] for line in told.read_text().splitlines()}
    assert {"PATH", "HOME", "PULUMI_SKIP_UPDATE_CHECK"} <= names
    assert "PULUMI_ACCESS_TOKEN" not in names
    assert list(mine.iterdir()) == []
