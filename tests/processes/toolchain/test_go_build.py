from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from toolchain import go_build
from toolchain.errors import ToolchainError, UnavailableError
from toolchain.go_build import ENGINE, LANGUAGE_HOST, Module, identity, install
from toolchain.versions import MINIMUM_PULUMI, Platform, Version

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LINUX = Platform("linux", "x64")

# A fake Go that prints its version and a module's directory, and "builds" by recording its arguments.
FAKE_GO = """
case "$1" in
  env) {env}; echo "{version}" ;;
  list) echo "{sources}" ;;
  build)
    while [ "$1" != "-o" ]; do words="$words $1"; shift; done
    echo "$words $3 in $(basename "$PWD"), CGO_ENABLED=$CGO_ENABLED GOFLAGS=$GOFLAGS GOWORK=$GOWORK" > "$2"
    {build}
    ;;
esac
"""


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """Return an empty directory to build into."""
    directory = tmp_path / "into"
    directory.mkdir()
    return directory


@pytest.fixture
def go(tmp_path: Path, program: Callable[[Path, str], Path], only_path: Callable[..., None]) -> Callable[..., None]:
    """Return a function that puts a fake Go of a version on PATH, with the language host's helper in its cache."""

    def put(version: str = "go1.99.0", build: str = "", env: str = "true") -> None:
        script = FAKE_GO.format(version=version, sources=tmp_path / "sources", build=build, env=env)
        program(tmp_path / "go" / "go", script)
        program(tmp_path / "sources" / "python" / "cmd" / "pulumi-language-python-exec", "")
        only_path(tmp_path / "go")

    return put


def test_builds_both_programs_and_adds_the_helper(go: Callable[..., None], into: Path) -> None:
    """The directory gets the engine, the language host and its helper, each built from its own module."""
    go()
    install(into, LINUX)
    assert sorted(path.name for path in into.iterdir()) == [
        "pulumi",
        "pulumi-language-python",
        "pulumi-language-python-exec",
        "pulumi-language-python-exec-original",
    ]
    assert (into / "pulumi-language-python-exec").stat().st_mode & 0o777 == 0o755
    flags = "build -v -trimpath -buildvcs=false -mod=readonly -tags osusergo,grpcnotrace -ldflags -s -w -X"
    variable = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
    ending = "CGO_ENABLED=0 GOFLAGS= GOWORK=off"
    assert (into / "pulumi").read_text().strip() == (
        f"{flags} {variable}=v3.259.0 github.com/pulumi/pulumi/pkg/v3/cmd/pulumi in pulumi, {ending}"
    )
    assert (into / "pulumi-language-python").read_text().strip() == (
        f"{flags} {variable}=v3.79.0 github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python"
        f" in language-python, {ending}"
    )


def test_flags_of_the_user_change_nothing(go: Callable[..., None], into: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings in the user's environment that would let Go change go.sum or use other sources are ignored."""
    go()
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    monkeypatch.setenv("GOWORK", "/elsewhere/go.work")
    install(into, LINUX)
    assert "GOFLAGS= GOWORK=off" in (into / "pulumi").read_text()


@pytest.mark.parametrize(
    ("version", "reason"),
    [
        pytest.param("go1.25.10", "is 1.25.10; 1.25.11 or newer is needed", id="too-old"),
        pytest.param("devel", "is of an unknown version; 1.25.11 or newer is needed", id="unknown"),
    ],
)
def test_names_a_go_that_does_not_do(version: str, reason: str, go: Callable[..., None], into: Path) -> None:
    """A Go that is too old for go.mod is refused with both versions, before anything is built."""
    go(version, build="exit 9")
    with pytest.raises(UnavailableError, match=rf"/go/go {reason}$"):
        install(into, LINUX)


def test_shows_why_a_go_refuses_the_module(go: Callable[..., None], into: Path) -> None:
    """If Go itself fails, for instance because it may not fetch a newer version, its own message is shown."""
    go(env="echo 'go.mod requires go >= 1.25.11' >&2; exit 1")
    with pytest.raises(UnavailableError, match=r"^`go env` ended with 1:\n    go.mod requires go >= 1.25.11$"):
        install(into, LINUX)


def test_says_which_go_is_missing(only_path: Callable[..., None], into: Path) -> None:
    """Without Go, the message names the version that is needed."""
    only_path(into)
    with pytest.raises(UnavailableError, match=r"^no `go` on PATH; 1\.25\.11 or newer is needed$"):
        install(into, LINUX)


def test_a_build_that_fails_shows_why(go: Callable[..., None], into: Path) -> None:
    """The message contains the end of Go's output, for instance that no module proxy was reached."""
    go(build="echo 'go: module lookup failed: no such host' >&2; exit 1")
    with pytest.raises(UnavailableError, match=r"^building pulumi-language-python 3\.79\.0 .*\n    go: module lookup"):
        install(into, LINUX)


def test_a_missing_helper_is_reported(go: Callable[..., None], into: Path, tmp_path: Path) -> None:
    """If the module cache has no helper for the language host, the message names that file."""
    go()
    (tmp_path / "sources" / "python" / "cmd" / "pulumi-language-python-exec").unlink()
    with pytest.raises(UnavailableError, match=r"No such file or directory: '.*pulumi-language-python-exec'"):
        install(into, LINUX)


def test_a_system_that_is_not_built_for_is_named(into: Path) -> None:
    """Nothing is built on a platform that this set-up does not support."""
    with pytest.raises(UnavailableError, match=r"^this set-up does not build for windows-x64$"):
        install(into, Platform("windows", "x64"))


def test_the_committed_modules_belong_together() -> None:
    """The engine is new enough, and each go.mod names its program as a tool, and a Go version."""
    assert ENGINE.version >= MINIMUM_PULUMI
    assert (ENGINE.go, LANGUAGE_HOST.go) == (Version(1, 25, 11), Version(1, 24, 0))
    for module in (ENGINE, LANGUAGE_HOST):
        go_mod = (module.directory / "go.mod").read_text()
        assert f"\ntool {module.dependency}/{module.package}\n" in go_mod
        go_sum = (module.directory / "go.sum").read_text()
        assert re.search(rf"^{re.escape(module.dependency)} v{module.version} h1:", go_sum, re.MULTILINE)


def test_the_build_is_keyed_by_all_that_decides_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A change to either module's files, to a flag or to the environment gives another build."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        for file in ("go.mod", "go.sum"):
            (tmp_path / name / file).write_text(file)
    modules = [Module(tmp_path / name, "dependency", "package", "1") for name in ("one", "other")]
    keys = [identity(*modules)]
    for path in (tmp_path / name / file for name in ("one", "other") for file in ("go.mod", "go.sum")):
        path.write_text("changed")
        keys.append(identity(*modules))
    monkeypatch.setattr(go_build, "FLAGS", ("-race",))
    keys.append(identity(*modules))
    monkeypatch.setattr(go_build, "ENVIRONMENT", {})
    keys.append(identity(*modules))
    assert all(key != other for at, key in enumerate(keys) for other in keys[:at])


def test_a_go_mod_without_its_dependency_is_named(tmp_path: Path) -> None:
    """A go.mod without the line that names the version is an error, which names the file."""
    (tmp_path / "go.mod").write_text("module x\n\ngo 1.25\n")
    with pytest.raises(ToolchainError, match=r"go\.mod: no line matches"):
        _ = Module(tmp_path, "example.com/tool", "cmd/tool", "1").version
