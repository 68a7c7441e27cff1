"""The job of a fleet beside the Lambda function that it replaces, on the real engine: deployed, run, and repeated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from sandbox.session import CHECKOUT
from tests.engine.alerting import Alerting, inbox, text
from tests.engine.supervised import outcomes
from tests.reverse_proxy import reverse_proxy
from tests.wsgi_server import wsgi_servers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "beside-fleet"
FOLDER = CHECKOUT / "examples" / "fleet"
SECRET = "a-secret-of-32-letters-of-a-test"  # noqa: S105 - made up


def test_fleet(
    sandbox: Sandbox, make_program: Callable[[str], Program], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One of three servers says hello, each quarter of an hour another one. When one dies, the others do."""
    shown = sandbox.client.service_environment("arn:aws:iam::123456789012:role/sandbox-task")
    clock = {name: shown[name] for name in ("PYTHONPATH", "SANDBOX_CLOCK")}
    (tmp_path / "claims").mkdir()
    environment = {**clock, "JOBS_SECRETS": SECRET, "JOBS_CLAIMS": str(tmp_path / "claims")}
    secrets = sandbox.account.client("secretsmanager")
    secrets.create_secret(Name="fleet/jobs", SecretString=SECRET)
    with (
        inbox(sandbox, STACK) as queue,
        wsgi_servers(3, "app:application", environment, FOLDER / "service") as servers,
        reverse_proxy(tmp_path / "nginx", servers) as proxy,
    ):
        program = make_program(STACK)
        program.write_jobs(files={"hello": (FOLDER / "hello.py").read_text()})
        stack_file = (FOLDER / "Pulumi.production.yaml").read_text()
        config = yaml.safe_load(stack_file.replace("000000000003", "000000000001"))["config"]
        config["scheduled-jobs:receivers"]["fleet"]["url"] = f"{proxy.url}/jobs"
        config["scheduled-jobs:alerts"]["sqs"] = [queue.arn]
        program.write_config(config)
        program.up()
        assert program.run("up", "--expect-no-changes").code == 0
        alerting = Alerting(sandbox, program, queue)
        readme = (FOLDER / "README.md").read_text(encoding="utf-8")
        made = [urn for urn in program.state() if re.search(r"[:$]aws:[^:]+:\w+::", urn)]
        of_job = [urn for urn in made if urn.rpartition("::")[2].startswith("hello")]
        [row] = re.findall(r"^\| resources in AWS \| .* \| (.*) \|$", readme, re.MULTILINE)
        assert re.findall(r"\d+", row) == [str(number) for number in (len(made), len(of_job), len(made) - len(of_job))]

        capfd.readouterr()
        hour = sandbox.pass_hour(minutes=5)
        assert capfd.readouterr().out.splitlines()[-1] == f"hello at {text(hour)}"
        servers[0].kill()
        servers[1].kill()
        hour = sandbox.pass_hour(minutes=5)
        assert capfd.readouterr().out.splitlines()[-1] == f"hello at {text(hour)}"
        servers[2].kill()
        hour = sandbox.pass_hour(minutes=14)
        assert outcomes(alerting.tick("hello", hour)) == ["failed"] * 3
        assert alerting.of("hello")[0]["reason"].startswith("answered 502 Bad Gateway")
        assert program.run("destroy").code == 0
    secrets.delete_secret(SecretId="fleet/jobs", ForceDeleteWithoutRecovery=True)
