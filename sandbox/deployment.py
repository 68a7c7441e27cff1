"""Deploy the platform and the program to an embedded AWS, for `up` and `preview`."""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.provider.core.clients import Clients
from sandbox import planted, programs, real_provider, stack_files
from sandbox.client import start_server
from sandbox.errors import SandboxError
from sandbox.programs import Source
from sandbox.real_provider import Provider
from sandbox.session import CHECKOUT, PLATFORM, PROJECT, STACK, Server, Session
from sandbox.stack_files import check_stack_file
from sandbox.stacks import Stack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Say = Callable[[str], None]

PLATFORM_FOLDER = CHECKOUT / "sandbox" / "platform"
"""The Pulumi program of the resources that a team already has. Its stack files list the resources of a sandbox."""

_TAKEN = ("-s", "--stack", "-C", "--cwd")
_AFTER_FAILURE = """
If a resource is not found that the account has: this preview's AWS has only the resources that
sandbox/platform/Pulumi.{stack}.yaml lists. Add it to that file."""
_NOT_CHECKED = """
Not checked here, because only the real account can answer:{stand_in}
  - whether what the stack file names exists there, and matches sandbox/platform/Pulumi.{stack}.yaml: clusters,
    capacity providers, services, task definitions, networks and stacks; the boundary, the KMS key and
    the endpoints of alerts
  - whether the credentials of `pulumi up` allow all of this, and no policy of the organization forbids it
  - quotas, the values of secrets (placeholders replaced them), and the deployed state{instead}"""
_STAND_IN = """
  - whether AWS's own Pulumi provider agrees: a stand-in previewed this, which does not validate, compare or replace
    resources exactly as that provider does"""
_NAMING = (
    *(f"{PROJECT}:{section}." for section in ("placements", "alerts", "encryption", "iam")),
    *(".py.image", ".image: ", ".secrets.", ".py.function: "),
)
"""What is in the key paths of resources: sections of the stack file, and fields of job files and schedules."""
_INSTEAD = " (to compare with a git\n    ref, run: make preview STACK={stack} BASE=REF)"


def bring_up(  # noqa: PLR0913 - the flags of `up`
    session: Session,
    say: Say,
    *,
    source: Source = programs.OWN,
    images: Mapping[str, Path] | None = None,
    port: int = 0,
    at: datetime | None = None,
    live: bool = False,
    provider: Provider | None = None,
    quiet: bool = False,
) -> int:
    """Start the sandbox unless it is running, deploy the changes, and return the number of changed resources.

    `images` are more folders that stand for container images, by the names of the images.
    """
    source.check(STACK)
    server = session.server()
    if session.cut_off:
        say("The last `up` was interrupted; starting from scratch")
        server = None
    if server is None:
        session.remove()
        say("Starting the embedded AWS")
        account = stack_files.account(PLATFORM_FOLDER / f"Pulumi.{STACK}.yaml")
        server = _start(session, provider, port=port, at=at, live=live, account=account, images=images)
    elif port or at or live or images or provider not in {None, _provider_of(server)}:
        raise SandboxError(
            "a sandbox is already running, and --port, --at, --live, --image and --provider apply only when it starts; "
            "stop it first with: make down"
        )
    with session.deploying():
        jobs = source.on(session, server, STACK)
        _deploy_platform(session, server, STACK, jobs.region, say)
        say(f"Deploying {'the jobs' if source.is_own else source.project}: pulumi up, stack {STACK}")
        jobs.prepare(source.defaults(STACK))
        return jobs.up(quiet=quiet)


def preview(  # noqa: PLR0913, PLR0917 - what to preview, and how
    source: Source, stack: str, base: str | None, flags: Sequence[str], say: Say, provider: Provider | None = None
) -> int:
    """Preview a stack in its own sandbox, remove the sandbox, and return the CLI's exit code.

    `base` is a git ref whose program is deployed first, so that the preview shows the difference.
    """
    _check_flags(flags)
    if base and not source.is_own:
        raise SandboxError("--base is a git ref of this repository, so it does not go with --program")
    source.check(stack)
    platform = stack if source.is_own else STACK
    check_stack_file(PLATFORM_FOLDER, platform)
    with tempfile.TemporaryDirectory(prefix="sandbox-") as folder:
        session = Session(Path(folder) / "session")
        earlier = _checked_out(base, Path(folder) / "base") if base else None
        try:
            say("Starting an embedded AWS for this preview")
            account = stack_files.account(PLATFORM_FOLDER / f"Pulumi.{platform}.yaml")
            server = _start(session, provider, account=account)
            jobs = source.on(session, server, stack)
            _deploy_platform(session, server, platform, jobs.region, say)
            if earlier:
                say(f"Deploying {base}, to compare the preview with it")
                before = Source(earlier, PROJECT).on(session, server, stack)
                before.prepare()
                before.up(quiet=True)
            jobs.prepare(source.defaults(stack))
            say(f"Previewing stack {stack}")
            events = session.folder / "preview.json"
            done = jobs.start("preview", "--non-interactive", "--event-log", str(events), *flags)
            if not source.is_own:
                return done.returncode
            if done.returncode == 0:
                instead = "" if base else _INSTEAD.format(stack=stack)
                stand_in = _STAND_IN if _provider_of(server) is Provider.STAND_IN else ""
                say(_NOT_CHECKED.format(stack=stack, instead=instead, stand_in=stand_in))
            elif _about_resources(events):
                say(_AFTER_FAILURE.format(stack=stack))
            return done.returncode
        finally:
            session.remove()


def _start(session: Session, provider: Provider | None, **flags: Any) -> Server:  # noqa: ANN401 - those of start_server
    """Start a sandbox with a Pulumi provider, by default the stand-in. Nothing is started without a plugin."""
    if provider is not Provider.REAL:
        return start_server(session, **flags)
    plugins = real_provider.plugins()
    server = start_server(session, real_provider=True, **flags)
    real_provider.link(plugins, session.folder)
    return server


def _provider_of(server: Server) -> Provider:
    return Provider.REAL if server.provider is None else Provider.STAND_IN


def _about_resources(events: Path) -> bool:
    """Return whether the program reported a named resource. The file is missing if the CLI did not run the program."""
    lines = events.read_text().splitlines() if events.exists() else []
    told = [line for line in lines if '"diagnosticEvent"' in line]
    return any(section in line for line in told for section in _NAMING)


def _check_flags(flags: Sequence[str]) -> None:
    """Refuse flags that make the CLI use another stack or another folder than the prepared ones."""
    for flag in flags:
        short = not flag.startswith("--") and flag[:2] in _TAKEN
        if short or flag.partition("=")[0] in _TAKEN:
            raise SandboxError(
                f"{flag} is not accepted after --: the preview uses the stack that is named before --, and a copy of "
                "its files"
            )


def _deploy_platform(session: Session, server: Server, name: str, region: str, say: Say) -> None:
    """Deploy the resources that a team already has, in a region."""
    say("Deploying sandbox/platform: the resources that a team already has")
    platform = Stack(session, PLATFORM, name, PLATFORM_FOLDER, server)
    platform.prepare({"aws:region": region})
    platform.up(quiet=True)
    clients = Clients(server.endpoint, server.credentials)
    planted.plant(platform.file, partial(clients.get, region=region))


def _checked_out(ref: str, folder: Path) -> Path:
    """Write the files of a git ref into a folder, and return the folder."""
    done = subprocess.run(
        ["git", "archive", "--format=tar", "--end-of-options", ref],  # noqa: S607
        cwd=CHECKOUT,
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise SandboxError(f"--base {ref}: {done.stderr.decode().strip()}")
    with tarfile.open(fileobj=BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder
