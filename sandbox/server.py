"""Run the sandbox's only long-lived process: embedded AWS, Pulumi provider, clock and scheduler, on loopback."""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import signal
import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, make_server

from emulator.cloudcontrol import resources as cloud_control
from emulator.ecs.runner import Runner
from emulator.embedded_aws import EmbeddedAws
from emulator.gateway import http_headers
from emulator.gateway.connections import KeepAliveHandler
from emulator.gateway.door import Door
from emulator.gateway.moto_application import moto_application
from emulator.iam.credentials import Credentials
from emulator.iam.identities import Identities
from emulator.lambda_ import function_urls
from emulator.logs.log_streams import TaskLogs
from emulator.provider import serve
from emulator.scheduler.scheduler import Scheduler
from emulator.secrets.task_secrets import TaskSecrets
from emulator.timekeeping.clock import Clock
from emulator.timekeeping.timeline import Timeline
from sandbox import environment
from sandbox.control import Control
from sandbox.images import images
from sandbox.naming import naming
from sandbox.session import CONTROL, Server, Session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType

HOST = "127.0.0.1"
PATIENCE = 120.0
"""Seconds of real time that the sandbox's clock waits for runs before it moves on."""
_ALLOCATIONS, _COLLECTIONS = 10_000, 50
"""Garbage is collected after so many allocations, and older garbage after so many collections. With Python's own
numbers, collecting takes a seventh of the time of a simulated day."""
_LONGEST_NAP = 1.0
"""Most seconds between two checks of the schedules while the clock runs live."""


def main() -> None:
    """Serve until a signal ends the process."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.server")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--at", type=datetime.fromisoformat)
    parser.add_argument("--live", action="store_true")
    parser.add_argument("--account", required=True)
    parser.add_argument("--image", action="append", default=[], metavar="NAME=FOLDER")
    parser.add_argument("--real-provider", action="store_true")
    given = parser.parse_args()
    os.environ["MOTO_ACCOUNT_ID"] = given.account  # moto reads it for every request
    spare_work()
    session = Session(given.folder)
    try:
        http = make_server(HOST, given.port, _not_ready, threaded=True, request_handler=KeepAliveHandler)
    except OSError as error:
        sys.exit(f"port {given.port} cannot be used: {error.strerror}")
    except SystemExit:  # werkzeug's way to report that the port is in use
        sys.exit(f"port {given.port} is already in use")
    serve_until_signal(
        session,
        http,
        None if given.live else given.at or datetime.now(UTC).replace(second=0, microsecond=0),
        given.account,
        {name: Path(folder) for name, _, folder in (one.partition("=") for one in given.image)},
        stand_in=not given.real_provider,
    )


def spare_work() -> None:
    """Let this process read headers with less work, and collect garbage less often."""
    http_headers.install()
    gc.freeze()  # the modules stay
    gc.set_threshold(_ALLOCATIONS, _COLLECTIONS, _COLLECTIONS)


def serve_until_signal(  # noqa: PLR0913 - the flags of the server
    session: Session,
    http: BaseWSGIServer,
    start: datetime | None,
    account: str,
    more_images: Mapping[str, Path],
    *,
    stand_in: bool,
) -> None:
    """Connect the parts, write their addresses to the session, and serve until a signal.

    `stand_in` says whether the stand-in for the Pulumi provider is one of the parts.
    """
    stop = threading.Event()

    def on_signal(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    host = f"{HOST}:{http.server_port}"
    endpoint = f"http://{host}"
    credentials = Credentials.random()
    identities = Identities(credentials)
    provider = serve(endpoint, credentials) if stand_in else None
    port = provider.port if provider else None
    of_aws = environment.aws_environment(endpoint, environment.DEFAULT_REGION, None)
    processes = {
        **environment.process_environment(),
        **of_aws,
        **environment.pulumi_environment(session.folder, port),
    }
    (session.folder / "data").mkdir(parents=True, exist_ok=True)
    (session.folder / "tmp").mkdir(exist_ok=True)
    tempfile.tempdir = str(session.folder / "tmp")  # files of a killed process are deleted with the folder
    server = Server.of_this_process(endpoint, port, credentials)
    clock = Clock(start, session.folder / "clock")
    patience = 0.0 if clock.live else PATIENCE  # a live clock does not wait for runs, and neither do ticks
    runner = Runner(
        images(session, more_images),
        processes,
        TaskLogs(account),
        TaskSecrets(account),
        lambda role: identities.credentials(role).environment(),
    )
    aws = EmbeddedAws(account, runner, processes, identities, naming())
    scheduler = Scheduler(account, clock, aws.tasks, aws.send_dead_letter, aws.metrics)
    timeline = Timeline(clock, [scheduler, *aws.sources], lambda: runner.settle(patience))
    cloud_control.install(aws.gateway, endpoint, credentials)
    with aws.installed():
        http.app = Door(
            moto_application(),
            Control(aws, clock, timeline, scheduler, {**of_aws, **clock.environment()}),
            {function_urls.PATH: aws.url_requests},
            control_path=CONTROL,
            host=host,
            token=credentials.token,
            knows=identities.knows,
        )
        threading.Thread(target=http.serve_forever, daemon=True).start()
        session.write(server)
        if clock.live:
            _run_live(clock, timeline, stop)
        stop.wait()
        runner.stop_all()
        if provider:
            provider.stop()
        http.shutdown()
    clock.close()


def _run_live(clock: Clock, timeline: Timeline, stop: threading.Event) -> None:
    """Process the moments that become due while the machine's clock runs."""
    while not stop.is_set():
        timeline.advance(clock.now())
        moment = timeline.next_moment()
        nap = _LONGEST_NAP if moment is None else (moment - clock.now()).total_seconds()
        stop.wait(min(max(nap, 0.0), _LONGEST_NAP))


def _not_ready(_environ: object, _start_response: object) -> list[bytes]:
    raise RuntimeError("a request arrived before the server was ready")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
