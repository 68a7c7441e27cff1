"""Bad input and secrets, against a stack that is deployed: told in full, nothing touched, nothing given away."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.errors import SandboxError
from sandbox.stack_files import placeholder
from tests.engine.account import REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Outcome, Program

ENDPOINT = "https://hooks.example.com/services/T0KEN"
ENDPOINT_PATH = "scheduled-jobs:alerts.https[0]"
PLACEMENT = {"service": {"cluster": "sandbox", "name": "web"}}
NOWHERE = {"cluster": "nowhere", "taskDefinition": "web", "subnets": ["subnet-0a000000000000001"]}
ENCRYPTED = {"secure": "v1:bm9uY2U=:Y2lwaGVydGV4dA=="}


def config(**changed: object) -> dict[str, Any]:
    """Write a stack config; `changed` replaces whole keys of the program's own."""
    keys = {
        "placements": {"default": PLACEMENT},
        "schedules": {"nightly-report": "cron(0 2 * * ? *)"},
        "alerts": {"https": [ENCRYPTED]},
        **changed,
    }
    return {"aws:region": REGION, **{f"scheduled-jobs:{key}": value for key, value in keys.items()}}


@dataclass(frozen=True)
class Mistake:
    """Input that must be refused, and what must be said of it."""

    config: Mapping[str, Any]
    messages: tuple[str, ...]
    files: Mapping[str, str] = field(default_factory=dict)
    """Job files beside `nightly_report`."""


MISTAKES = {
    "many-in-config": Mistake(
        config(
            schedules={"nightly-reprot": "cron(0 2 * * ? *)", "cleanup": {"cron": "0 2 * * *"}},
            defaults={"timezone": "Europe/Berlni"},
            alerts={"email": ["nobody"]},
            tag={"team": "data"},
        ),
        (
            "scheduled-jobs:schedules.nightly-report: is missing",
            "scheduled-jobs:schedules.nightly-reprot: no such job",
            "scheduled-jobs:schedules.cleanup.cron: '0 2 * * *'",
            "scheduled-jobs:defaults.timezone: 'Europe/Berlni'",
            "scheduled-jobs:alerts.email[0]: 'nobody'",
            "scheduled-jobs:tag: unknown key",
        ),
    ),
    "job-files": Mistake(
        config(schedules={"nightly-report": "off", "broken": "off", "undefined": "off"}),
        ("jobs/broken.py:2: SyntaxError", "jobs/undefined.py:1: NameError"),
        {"broken": "\nJOB = Job(name='broken'\n", "undefined": "JOB = Job(name='undefined')\n"},
    ),
    "job-files-that-end-the-program": Mistake(
        config(
            schedules=dict.fromkeys(("nightly-report", "ends", "interrupts", "leaves", "never-ends", "unshown"), "off")
        ),
        (
            "jobs/ends.py:2: os._exit would end this program without a word; remove it",
            "jobs/interrupts.py:1: KeyboardInterrupt",
            "jobs/leaves.py:1: SystemExit: 0",
            "jobs/never_ends.py: did not end within 5 seconds; a job file only describes its job",
            "jobs/unshown.py:5: Unshown: its text cannot be shown",
        ),
        {
            "ends": "import os\nos._exit(0)\n",
            "interrupts": "raise KeyboardInterrupt\n",
            "leaves": "raise SystemExit(0)\n",
            "never_ends": "while True:\n    pass\n",
            "unshown": "class Unshown(Exception):\n    def __str__(self):\n        1 / 0\n\nraise Unshown\n",
        },
    ),
    "placements": Mistake(
        config(
            placements={
                "default": {**PLACEMENT, "container": "ap"},
                "batch": NOWHERE,
                "machines": {**PLACEMENT, "capacity": {"machines": 1}},
            }
        ),
        (
            "scheduled-jobs:placements.machines.capacity: 'machines': the cluster 'sandbox' does not have this",
            "scheduled-jobs:placements.default.container: 'ap': no such container in 'web'; did you mean 'app'?",
            "scheduled-jobs:placements.batch.cluster: ",
        ),
    ),
    "region": Mistake(
        {**config(), "aws:region": "eu-centrall-1"},
        ("aws:region: 'eu-centrall-1': is not an AWS region in botocore", "did you mean 'eu-central-1'?"),
    ),
    "references": Mistake(
        config(
            alerts={"https": [ENCRYPTED], "sqs": [f"arn:aws:sqs:{REGION}:123456789012:nowhere"]},
            iam={"permissionsBoundary": "arn:aws:iam::123456789012:policy/nowhere"},
        ),
        (
            "scheduled-jobs:iam.permissionsBoundary: 'arn:aws:iam::123456789012:policy/nowhere': reading IAM Policy",
            f"scheduled-jobs:alerts.sqs[0]: 'arn:aws:sqs:{REGION}:123456789012:nowhere': reading SQS Queue URL",
        ),
    ),
    "secret-in-clear": Mistake(
        config(schedules={"nightly-report": {"cron": "0 2 * * ? *", "environment": {"TOKEN": ENCRYPTED}}}),
        ("scheduled-jobs:schedules.nightly-report.environment.TOKEN: contains a secret", "task definition's 'secrets'"),
    ),
}


@dataclass(frozen=True)
class Deployed:
    """A stack with one job and a secret endpoint."""

    program: Program
    created: Outcome


@pytest.fixture(scope="module")
def deployed(make_program: Callable[[str], Program]) -> Iterator[Deployed]:
    """Deploy it, and take it away when all is tried."""
    program = make_program("small")
    program.write_jobs("nightly_report")
    program.write_config(config())
    program.stack.run("config", "set", "--secret", "--path", ENDPOINT_PATH, ENDPOINT, quiet=True)
    yield Deployed(program, program.up())
    assert program.run("destroy").code == 0


def test_keeps_a_secret_endpoint(sandbox: Sandbox, deployed: Deployed) -> None:
    """An encrypted address is subscribed, and is in clear neither in what is printed nor in events nor in the state."""
    assert ENDPOINT in sandbox.account.inventory()["subscriptions"]
    assert "TopicSubscription" in {step.type for step in deployed.created.steps}
    for kept in (deployed.created.output, deployed.created.events, deployed.program.state_file().read_text()):
        assert kept
        assert ENDPOINT not in kept
        assert "T0KEN" not in kept


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_refuses(mistake: Mistake, sandbox: Sandbox, deployed: Deployed) -> None:
    """`up` names every mistake with its place, fails without a traceback, and leaves stack and account alone."""
    program = deployed.program
    before = program.state(), sandbox.account.inventory()
    program.write_jobs("nightly_report", files=mistake.files)
    program.write_config(mistake.config)
    outcome = program.run("up")
    assert outcome.code != 0
    assert [message for message in mistake.messages if message not in outcome.output] == [], outcome.output
    assert "Traceback" not in outcome.output
    assert placeholder(ENDPOINT_PATH) not in outcome.output
    assert outcome.changes == set()
    assert (program.state(), sandbox.account.inventory()) == before


OFFLINE = {name: mistake for name, mistake in MISTAKES.items() if name not in ("placements", "references")}
"""The mistakes that need no look at the account."""


@pytest.mark.parametrize("mistake", OFFLINE.values(), ids=OFFLINE)
def test_check_refuses_the_same(mistake: Mistake, deployed: Deployed) -> None:
    """`python -m ops check` names the same mistakes and fails, without a traceback."""
    program = deployed.program
    program.write_jobs("nightly_report", files=mistake.files)
    program.write_config(mistake.config)
    checked = program.ops("check", "small")
    assert (checked.returncode, checked.stdout) == (1, "")
    assert [message for message in mistake.messages if message not in checked.stderr] == [], checked.stderr
    assert "Traceback" not in checked.stderr


def test_refuses_what_is_not_yaml(make_program: Callable[[str], Program]) -> None:
    """A stack file that does not parse is named, with the line, before the CLI is asked."""
    stack = make_program("unreadable").stack
    stack.file.write_text("config:\n  scheduled-jobs:schedules: {a: b: c}\n")
    with pytest.raises(SandboxError, match=r"Pulumi\.unreadable\.yaml:2: this is not YAML"):
        stack.prepare()
