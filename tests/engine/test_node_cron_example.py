"""The jobs of a service in Node.js beside the timers that they replace, on the real engine and in a real Node.js."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import yaml

import cadence
from sandbox.session import CHECKOUT
from tests.engine.alerting import Alerting, inbox
from tests.engine.conftest import NODE_SERVICE
from tests.engine.serving import soon
from tests.engine.supervised import printed, runs
from tests.loopback import HOST, Served, ended, free_port
from tests.reverse_proxy import reverse_proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sandbox.stacks import Stack
    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "beside-node-cron"
CLUSTER = "node"
FOLDER = CHECKOUT / "examples" / "node_cron"
JOBS = ("sync_rates", "clean_sessions", "send_digest")
SECRET = "whsec_YSBzZWNyZXQgb2YgMzIgbGV0dGVycyBmb3IgdGVzdA"  # noqa: S105 - made up
PLATFORM = {
    "cluster": CLUSTER,
    "subnets": ["subnet-0a0000000000000f4"],
    "securityGroups": ["sg-010000000000000f4"],
    "taskDefinitions": {"shop": {"image": "node-shop"}},
    "services": {"shop": "shop"},
}
REDIS = """
const fs = require("node:fs");
module.exports = class {
  async set(key) {
    try {
      fs.writeFileSync(`${process.env.CLAIMS}/${encodeURIComponent(key)}`, "1", { flag: "wx" });
      return "OK";
    } catch {
      return null;
    }
  }
};
"""
"""Stands for ioredis, which is not here."""
CLOCK = 'Date.now = () => Number(require("node:fs").readlinkSync(process.env.SANDBOX_CLOCK)) / 1e6;'


@pytest.fixture
def node() -> str:
    """Return the program."""
    found = shutil.which("node")
    if found is None:
        pytest.skip("there is no Node.js on PATH, in which the example runs")
    return found


def is_open(port: int) -> bool:
    """Return whether somebody listens."""
    with socket.socket() as line:
        return line.connect_ex((HOST, port)) == 0


def served(node: str, folder: Path, clock: str, stack: ExitStack) -> list[Served]:
    """Run the service in three processes, which share what they remember."""
    (folder / "claims").mkdir()
    (folder / "ioredis.js").write_text(REDIS)
    (folder / "clock.js").write_text(CLOCK)
    own = {"CLAIMS": str(folder / "claims"), "SANDBOX_CLOCK": clock, "NODE_PATH": str(folder)}
    found = []
    for _ in range(3):
        port = free_port()
        process = subprocess.Popen(
            [node, "--require", str(folder / "clock.js"), str(NODE_SERVICE / "jobs.js")],
            env={"PATH": os.defpath, "HOST": HOST, "PORT": str(port), "JOBS_SECRETS": SECRET, **own},
            stdin=subprocess.DEVNULL,
        )
        stack.enter_context(ended(process))
        found.append(Served(port, process))
    for one in found:
        soon(lambda: is_open(one.port))  # noqa: B023 - called here
    return found


def next_tick(sandbox: Sandbox, cron: str) -> datetime:
    """Let the next tick of a schedule in Berlin pass, and two minutes; return the tick."""
    tick = next(cadence.Timetable(cadence.parse(f"cron({cron})"), "Europe/Berlin").ticks(sandbox.now))
    sandbox.go_to(tick + timedelta(minutes=2))
    return tick


def test_node_cron(
    sandbox: Sandbox,
    make_platform: Callable[[Mapping[str, Any]], Stack],
    make_program: Callable[[str], Program],
    tmp_path: Path,
    node: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The light job runs in one process of the service, the others in containers of its image."""
    platform = make_platform(PLATFORM)
    shown = sandbox.client.service_environment(f"arn:aws:iam::123456789012:role/{CLUSTER}-task")
    secrets = sandbox.account.client("secretsmanager")
    secrets.create_secret(Name="shop/jobs", SecretString=SECRET)
    with ExitStack() as stack:
        queue = stack.enter_context(inbox(sandbox, STACK))
        servers = served(node, tmp_path, shown["SANDBOX_CLOCK"], stack)
        proxy = stack.enter_context(reverse_proxy(tmp_path / "nginx", servers))
        program = make_program(STACK)
        program.write_jobs(files={name: (FOLDER / f"{name}.py").read_text() for name in JOBS})
        text = (FOLDER / "Pulumi.production.yaml").read_text().replace("cluster: production", f"cluster: {CLUSTER}")
        config = yaml.safe_load(text)["config"]
        schedules = {job: entry["cron"] for job, entry in config["scheduled-jobs:schedules"].items()}
        config["scheduled-jobs:receivers"]["shop"]["url"] = f"{proxy.url}/jobs"
        config["scheduled-jobs:alerts"]["sqs"] = [queue.arn]
        program.write_config(config)
        program.up()
        assert program.run("up", "--expect-no-changes").code == 0
        alerting = Alerting(sandbox, program, queue)

        capfd.readouterr()
        tick = next_tick(sandbox, schedules["sync-rates"])
        assert alerting.tick("sync-rates", tick).outcome == "good"
        assert f"rates of {tick:%Y-%m-%dT%H:%M:%SZ}" in capfd.readouterr().out

        last = {"clean-sessions": "deleted step 3", "send-digest": "digest of the week of 2026-"}
        for job, line in last.items():
            tick = next_tick(sandbox, schedules[job])
            [run] = runs(alerting.tick(job, tick))
            assert run.outcome == "good"
            assert printed(alerting, run)[-1].startswith(line)
        assert alerting.alerts() == []
        assert program.run("destroy").code == 0
    secrets.delete_secret(SecretId="shop/jobs", ForceDeleteWithoutRecovery=True)
    platform.run("destroy", "--yes", "--skip-preview", quiet=True)
