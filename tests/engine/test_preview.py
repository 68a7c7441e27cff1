"""`python -m sandbox preview`, as it is typed."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping

import pytest
import yaml

from tests.engine.checkout import Checkout, copy_checkout, finish

Results = Mapping[str, subprocess.CompletedProcess[str]]

ACCOUNT = "111122223333"
PLACE = f"eu-central-1:{ACCOUNT}"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
NAMED = {
    "placements": {"pulumi": {"cluster": {"stack": "named"}}},
    "alerts": {
        "sqs": [f"arn:aws:sqs:{PLACE}:pager"],
        "lambda": [f"arn:aws:lambda:{PLACE}:function:pager"],
        "topic": f"arn:aws:sns:{PLACE}:pager",
    },
    "encryption": {"kmsKey": f"arn:aws:kms:{PLACE}:key/{KEY_ID}"},
    "iam": {"permissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/pager"},
}
"""Sections of config that name resources beside placements."""
WEB = {
    "family": "web",
    "revision": 7,
    "taskDefinitionArn": f"arn:aws:ecs:{PLACE}:task-definition/web:7",
    "cpu": "2048",
    "memory": "4096",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "taskRoleArn": f"arn:aws:iam::{ACCOUNT}:role/team/web",
    "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/web-execution",
    "containerDefinitions": [
        {"name": "app", "image": "app", "essential": True, "entryPoint": ["/start.sh"], "environment": []}
    ],
}
SPOT = [
    {"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0},
    {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
]
"""A task definition and a strategy as ECS describes them."""
IMAGE = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/db-cleanup:1.4"
SECRET = f"arn:aws:secretsmanager:{PLACE}:secret:db-AbCdEf"
OF_IMAGE = f"""from settings import Image, Job

JOB = Job(name="db-cleanup", image=Image({IMAGE!r}, secrets={{"PASSWORD": "{SECRET}:password::"}}), owner="data")
"""
"""The file of a job with an image and a secret of its own."""
OF_FUNCTION = f"""from settings import Function, Job

JOB = Job(name="rates", function=Function("arn:aws:lambda:{PLACE}:function:rates"), owner="data")
"""
WINDOWS = {**WEB, "runtimePlatform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}}


@pytest.fixture(scope="module")
def previews(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Run all previews side by side."""
    checkout = copy_checkout(tmp_path_factory.mktemp("preview") / "checkout")
    checkout.commit()
    edit_stack(checkout, "staging", {"schedules": {"cleanup": {"cron": "30 3 * * ? *", "enabled": False}}})
    nowhere = {
        "batch": {"service": {"cluster": "nowhere", "name": "web"}},
        "pulumi": {"cluster": {"stack": "elsewhere"}},
    }
    small = {"cleanup": {"cron": "30 3 * * ? *", "cpu": 512, "memory": 1024}}
    edit_stack(checkout, "elsewhere", {"placements": nowhere, "schedules": small})
    edit_platform(checkout, "elsewhere", {"account": ACCOUNT, "taskDefinitions": {"web": WINDOWS}})
    edit_stack(checkout, "named", NAMED)
    service = {"taskDefinition": "web", "capacityProviderStrategy": SPOT}
    edit_platform(
        checkout,
        "named",
        {
            **{kind: ["pager"] for kind in ("policies", "queues", "topics", "functions")},
            "keys": [KEY_ID],
            "account": ACCOUNT,
            "taskDefinitions": {"web": WEB},
            "services": {"web": service},
        },
    )
    started = {
        "named": checkout.start("preview", "named"),
        "difference": checkout.start("preview", "staging", "--base", "HEAD"),
        "json": checkout.start("preview", "production", "--", "--json"),
        "mistakes": checkout.start("preview", "elsewhere"),
        "no-stack": checkout.start("preview", "stagin"),
        "no-flag": checkout.start("preview", "staging", "--", "--no-such-flag"),
        "other-stack": checkout.start("preview", "staging", "--", "--stack", "production"),
        "no-ref": checkout.start("preview", "staging", "--base", "nothing"),
    }
    return {name: finish(process) for name, process in started.items()}


@pytest.fixture(scope="module")
def of_kinds(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Preview a job with an image of its own, and one that is a function. Only two platforms have what these name."""
    checkout = copy_checkout(tmp_path_factory.mktemp("preview") / "checkout")
    for file in (checkout.folder / "jobs").glob("*.py"):
        file.unlink()
    (checkout.folder / "jobs" / "db_cleanup.py").write_text(OF_IMAGE)
    (checkout.folder / "jobs" / "rates.py").write_text(OF_FUNCTION)
    platforms: Mapping[str, tuple[str, Mapping[str, object]]] = {
        "listed": ("db-cleanup", {"images": [IMAGE], "secrets": {SECRET: {"password": "not a real one"}}}),
        "unlisted": ("db-cleanup", {}),
        "listed-function": ("rates", {"functions": ["rates"]}),
        "unlisted-function": ("rates", {}),
    }
    for name, (job, listed) in platforms.items():
        edit_stack(checkout, name, {})
        file = checkout.folder / f"Pulumi.{name}.yaml"
        content = yaml.safe_load(file.read_text())
        del content["config"]["scheduled-jobs:placements"]["pulumi"]
        content["config"]["scheduled-jobs:schedules"] = {
            one: "cron(30 3 * * ? *)" if one == job else "off" for one in ("db-cleanup", "rates")
        }
        file.write_text(yaml.safe_dump(content))
        edit_platform(checkout, name, {"account": ACCOUNT, **listed})
    started = {name: checkout.start("preview", name) for name in platforms}
    return {name: finish(process) for name, process in started.items()}


def edit_stack(checkout: Checkout, target: str, changes: Mapping[str, object]) -> None:
    """Write a stack file that is staging's, with changes in the program's own keys."""
    content = yaml.safe_load((checkout.folder / "Pulumi.staging.yaml").read_text())
    merge(content["config"], {f"scheduled-jobs:{key}": change for key, change in changes.items()})
    (checkout.folder / f"Pulumi.{target}.yaml").write_text(yaml.safe_dump(content))


def edit_platform(checkout: Checkout, target: str, changes: Mapping[str, object]) -> None:
    """Write a stack file of the platform that is staging's, with changes."""
    platform = checkout.folder / "sandbox" / "platform"
    content = yaml.safe_load((platform / "Pulumi.staging.yaml").read_text())
    merge(content["config"], {f"platform:{key}": change for key, change in changes.items()})
    (platform / f"Pulumi.{target}.yaml").write_text(yaml.safe_dump(content))


def merge(target: dict[str, object], changes: Mapping[str, object]) -> None:
    """Lay changes over a tree of mappings."""
    for key, change in changes.items():
        below = target.get(key)
        if isinstance(below, dict) and isinstance(change, Mapping):
            merge(below, change)
        else:
            target[key] = change


def test_shows_the_difference_to_a_ref(previews: Results) -> None:
    """With --base, a preview of staging shows what an edit changes: one schedule that is switched off."""
    done = previews["difference"]
    assert done.returncode == 0, done.stderr
    assert "~ 1 to update" in done.stdout
    assert "to create" not in done.stdout
    assert "cleanup" in done.stdout
    assert "Not checked here" in done.stderr


def test_passes_json_on(previews: Results) -> None:
    """With --json, standard output is Pulumi's JSON and nothing else: all of production would be created."""
    done = previews["json"]
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    assert set(shown["changeSummary"]) == {"create"}
    urns = [step["urn"] for step in shown["steps"] if "aws:scheduler/schedule:Schedule::" in step["urn"]]
    schedules = {urn.rpartition("::")[2] for urn in urns}
    assert {"nightly-report", "cleanup", "export-orders.weekdays", "export-orders.year-end"} <= schedules
    assert "Not checked here" in done.stderr


def test_says_where_to_add_what_is_missing(previews: Results) -> None:
    """A placement that names what the embedded platform lacks fails, with its key path and the file to edit."""
    done = previews["mistakes"]
    assert done.returncode != 0
    assert "scheduled-jobs:placements.batch.service.cluster: " in done.stdout
    assert "sandbox/platform/Pulumi.elsewhere.yaml" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_knows_what_the_platform_lists(previews: Results) -> None:
    """A boundary, a key, and a queue, a function and a topic for alerts, are there if the platform's file has them."""
    done = previews["named"]
    assert done.returncode == 0, done.stdout
    assert "not checked" not in done.stdout
    assert "TopicSubscription" in done.stdout


def test_knows_the_images_and_secrets_that_the_platform_lists(of_kinds: Results) -> None:
    """An image and a secret of a job are found if the platform's file has them; else the preview names that file."""
    listed, unlisted = of_kinds["listed"], of_kinds["unlisted"]
    assert listed.returncode == 0, listed.stdout
    assert "registry with id" not in listed.stdout
    assert unlisted.returncode != 0
    assert "jobs/db_cleanup.py.image: " in unlisted.stdout
    assert "sandbox/platform/Pulumi.unlisted.yaml" in unlisted.stderr


def test_knows_the_functions_that_the_platform_lists(of_kinds: Results) -> None:
    """The function of a job is found if the platform's file has it; else the preview names that file."""
    listed, unlisted = of_kinds["listed-function"], of_kinds["unlisted-function"]
    assert listed.returncode == 0, listed.stdout
    assert unlisted.returncode != 0
    assert "jobs/rates.py.function: " in unlisted.stdout
    assert "sandbox/platform/Pulumi.unlisted-function.yaml" in unlisted.stderr


def test_judges_a_task_definition_as_ecs_describes_it(previews: Results) -> None:
    """The platform's file can hold a task definition as ECS describes it, and jobs are judged by it."""
    noted = 'commands run as arguments of the entry point ["/start.sh"]'
    assert noted in previews["named"].stdout
    assert "scheduled-jobs:schedules.cleanup: cpu 512 is not a Fargate size for Windows" in previews["mistakes"].stdout


def test_lists_the_stacks(previews: Results) -> None:
    """A stack that there is not is answered with those that there are, in one line."""
    done = previews["no-stack"]
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1] == (
        "error: stack 'stagin' has no file Pulumi.stagin.yaml; the stack must be one of: "
        "elsewhere, named, production, sandbox, staging"
    )


def test_refuses_an_unknown_ref(previews: Results) -> None:
    """A ref that git does not know is one line of error."""
    done = previews["no-ref"]
    assert done.returncode == 1
    assert "error: --base nothing: " in done.stderr
    assert "Traceback" not in done.stderr


def test_says_nothing_of_placements_after_another_failure(previews: Results) -> None:
    """A flag that the CLI does not know fails with the CLI's words, and with no hint about placements."""
    done = previews["no-flag"]
    assert done.returncode != 0
    assert "--no-such-flag" in done.stdout + done.stderr
    assert "placement" not in done.stderr


def test_refuses_to_be_led_to_another_stack(previews: Results) -> None:
    """Flags that name another stack are refused before anything is started."""
    done = previews["other-stack"]
    assert (done.returncode, done.stdout) == (1, "")
    [line] = done.stderr.splitlines()
    assert line.startswith("error: --stack is not accepted after --: ")
