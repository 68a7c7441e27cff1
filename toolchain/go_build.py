"""Builds the Pulumi CLI from Go modules, on machines that reach a module proxy but not Pulumi's releases.

Two small modules next to this file, `pulumi/` and `language-python/`, name the versions. Their go.sum files pin
every byte.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from toolchain import progress
from toolchain.errors import ToolchainError, UnavailableError
from toolchain.executor import OWN_SCRIPT
from toolchain.versions import Version

if TYPE_CHECKING:
    from toolchain.versions import Platform

MODULES = Path(__file__).parent


class Module(NamedTuple):
    """One of the two modules: its directory, the dependency with the program, the program's package, and minutes."""

    directory: Path
    dependency: str
    package: str
    minutes: str  # on two cores, with nothing cached

    @property
    def version(self) -> Version:
        """The version of the dependency that go.mod requires."""
        return _required(self.directory / "go.mod", rf"^\s*{re.escape(self.dependency)} (v\S+)")

    @property
    def go(self) -> Version:
        """The oldest Go that go.mod allows."""
        return _required(self.directory / "go.mod", r"^go (\S+)")


ENGINE = Module(MODULES / "pulumi", "github.com/pulumi/pulumi/pkg/v3", "cmd/pulumi", "4 to 10")

# The last version of the SDK's module that has the language host. It works with programs on today's SDK.
LANGUAGE_HOST = Module(
    MODULES / "language-python", "github.com/pulumi/pulumi/sdk/v3", "python/cmd/pulumi-language-python", "1"
)

# The tags are those of pulumi's own release builds. With -mod=readonly, go.sum decides and is not changed.
FLAGS = ("-trimpath", "-buildvcs=false", "-mod=readonly", "-tags", "osusergo,grpcnotrace")
VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"

# With these, the build needs no C compiler, and the user's workspace and flags do not change the result.
ENVIRONMENT = {"CGO_ENABLED": "0", "GOWORK": "off", "GOFLAGS": "", "GO111MODULE": "on"}

# The script that the language host starts. It must be in the same directory.
EXECUTOR = "pulumi-language-python-exec"
_OUR_EXECUTOR = MODULES / "executor.py"


def identity(engine: Module = ENGINE, language_host: Module = LANGUAGE_HOST) -> list[bytes | str]:
    """Return the inputs of the build except the platform: both modules' files, the flags and the environment."""
    files = [module.directory / name for module in (engine, language_host) for name in ("go.mod", "go.sum")]
    return [
        *(path.read_bytes() for path in files),
        *FLAGS,
        VERSION_VARIABLE,
        *(f"{k}={v}" for k, v in ENVIRONMENT.items()),
    ]


def install(into: Path, platform: Platform, engine: Module = ENGINE, language_host: Module = LANGUAGE_HOST) -> None:
    """Build the engine and the language host into the directory `into`; raise `UnavailableError` when Go fails."""
    if platform.system not in {"linux", "darwin"}:
        raise UnavailableError(f"this set-up does not build for {platform}")
    go = _usable_go(engine)
    progress.say(
        f"building the Pulumi CLI {engine.version} with {go}: once, about {engine.minutes} minutes on two cores"
    )
    try:
        for module in (language_host, engine):
            _build(go, module, into)
        sources = _output(
            go, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", language_host.dependency, cwd=language_host.directory
        )
        shutil.copyfile(Path(sources) / "python" / "cmd" / EXECUTOR, into / EXECUTOR)
        put_executor(into)
    except (ToolchainError, OSError) as error:
        raise UnavailableError(str(error)) from error


def put_executor(directory: Path) -> None:
    """Make the language host in this directory start programs with `executor.py`; do nothing when it does already.

    Programs that start meanwhile find the old script or the new one, and always a whole one.
    """
    executor, own, wanted = directory / EXECUTOR, directory / OWN_SCRIPT, _OUR_EXECUTOR.read_bytes()
    if not own.exists():
        _write(own, executor.read_bytes())
    if executor.read_bytes() != wanted or not os.access(executor, os.X_OK):
        _write(executor, wanted)


def _write(file: Path, content: bytes) -> None:
    part = file.with_name(f"{file.name}.part-{os.getpid()}")
    part.write_bytes(content)
    part.chmod(0o755)
    part.replace(file)


def _usable_go(module: Module) -> str:
    go = shutil.which("go")
    if go is None:
        raise UnavailableError(f"no `go` on PATH; {module.go} or newer is needed")
    # The command runs inside the module, since Go may fetch and report the newer version that go.mod requires.
    found = Version.parse(_output(go, "env", "GOVERSION", cwd=module.directory))
    if found is None or found < module.go:
        raise UnavailableError(f"{go} is {found or 'of an unknown version'}; {module.go} or newer is needed")
    return go


def _build(go: str, module: Module, into: Path) -> None:
    name = module.package.rpartition("/")[2]
    command = [go, "build", "-v", *FLAGS, "-ldflags", f"-s -w -X {VERSION_VARIABLE}=v{module.version}"]
    progress.run(
        [*command, "-o", into / name, f"{module.dependency}/{module.package}"],
        f"building {name} {module.version} (about {module.minutes} min)",
        cwd=module.directory,
        env=_environment(),
        detail=_compiled,
    )


def _compiled(output: str) -> str:
    # `go build -v` prints the name of each package that it compiles, and a line for each module that it fetches.
    lines = output.splitlines()
    fetched = sum(line.startswith("go: downloading") for line in lines)
    return f"{fetched} modules fetched, {len(lines) - fetched} packages compiled"


def _output(go: str, *arguments: str, cwd: Path) -> str:
    try:
        done = subprocess.run(
            [go, *arguments],
            cwd=cwd,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError as error:
        raise UnavailableError(f"{go}: {error.strerror}") from error
    if done.returncode:
        raise UnavailableError(f"`go {arguments[0]}` ended with {done.returncode}:\n{progress.last_lines(done.stderr)}")
    return done.stdout.strip()


def _environment() -> dict[str, str]:
    return {**os.environ, **ENVIRONMENT}


def _required(go_mod: Path, pattern: str) -> Version:
    found = re.search(pattern, go_mod.read_text("utf-8"), re.MULTILINE)
    version = Version.parse(found[1]) if found else None
    if version is None:
        raise ToolchainError(f"{go_mod}: no line matches {pattern!r}")
    return version
