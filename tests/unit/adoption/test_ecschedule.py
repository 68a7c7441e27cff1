from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adoption import ecschedule
from adoption.found import SourceError
from tests.unit.adoption.adopting import checked, todos, write

if TYPE_CHECKING:
    from pathlib import Path

REAL = """\
region: us-east-1
cluster: api
role: ecsEventsRole
rules:
- name: export-orders
  description: Export the orders of the day
  scheduleExpression: cron(30 15 ? * MON-FRI *)
  taskDefinition: export:12
  group: exports
  platform_version: 1.4.0
  launch_type: FARGATE
  network_configuration:
    aws_vpc_configuration:
      subnets:
      - subnet-01234567
      - {{ tfstate `aws_subnet.private-c.id` }}
      security_groups:
      - sg-11111111
      assign_public_ip: ENABLED
  containerOverrides:
  - name: app
    command: ["export", "--day", "yesterday"]
    environment:
      FORMAT: {{ env "EXPORT_FORMAT" "csv" }}
      BUCKET: {{ must_env `EXPORT_BUCKET` }}
      DB_PASSWORD: hunter22
    cpu: 1024
  dead_letter_config:
    sqs: queue1
  propagateTags: TASK_DEFINITION
- name: CleanUp
  scheduleExpression: rate(1 hour)
  taskDefinition: worker
  taskCount: 2
  disabled: true
  capacityProviderStrategy:
  - capacityProvider: FARGATE_SPOT
    weight: 1
  newKey: 1
"""


def test_a_real_file_passes_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The jobs have the rules' commands, in placements with the rules' network."""
    contents, region = ecschedule.read(REAL.encode(), "ecschedule.yaml")
    made = write(tmp_path, contents)
    found = checked(tmp_path, capsys)
    assert (found["problems"], region) == ([], "us-east-1")
    assert {one["name"]: (one["words"], one["enabled"]) for one in found["schedules"]} == {
        "export-orders": ("at 15:30 on weekdays, UTC", False),
        "clean-up": ("every hour", False),
    }
    assert made.files["Pulumi.adopted.yaml"].partition("config:\n")[2] == (
        "  aws:region: eu-central-1\n"
        "  scheduled-jobs:placements:\n"
        "    export:\n"
        "      cluster: api\n"
        "      taskDefinition: export:12\n"
        "      subnets: [subnet-01234567]\n"
        "      securityGroups: [sg-11111111]\n"
        "      assignPublicIp: true\n"
        "    worker:\n"
        "      cluster: api\n"
        "      taskDefinition: worker\n"
        "      subnets: [subnet-replace-me]\n"
        "      capacity: {FARGATE_SPOT: 1}\n"
        "  scheduled-jobs:schedules:\n"
        "    export-orders: {cron: '30 15 ? * MON-FRI *', timezone: UTC, enabled: false}\n"
        "    clean-up: {rate: 1 hour, enabled: false}\n"
    )
    job = contents.found[0].job
    assert (job.container, job.command) == ("app", ["export", "--day", "yesterday"])
    assert job.environment == {"FORMAT": "csv"}
    assert "hunter22" not in "".join(made.files.values())


def test_what_is_not_carried_over_is_listed_with_its_line() -> None:
    """Templates, too: their values are known to ecschedule only."""
    contents, _ = ecschedule.read(REAL.encode(), "ecschedule.yaml")
    assert [line.split(": ")[:2] for line in todos(contents)] == [
        ["ecschedule.yaml:16", "network_configuration.aws_vpc_configuration.subnets[1]"],
        ["ecschedule.yaml:24", "containerOverrides[0].environment.FORMAT"],
        ["ecschedule.yaml:25", "containerOverrides[0].environment.BUCKET"],
        ["ecschedule.yaml:26", "containerOverrides[0].environment.DB_PASSWORD"],
        ["ecschedule.yaml:27", "containerOverrides[0].cpu"],
        ["ecschedule.yaml:10", "platform_version"],
        ["ecschedule.yaml:9", "group"],
        ["ecschedule.yaml:30", "propagateTags"],
        ["ecschedule.yaml:28", "dead_letter_config"],
        ["ecschedule.yaml:7", "scheduleExpression"],
        ["ecschedule.yaml:31", "containerOverrides[0].command"],
        ["ecschedule.yaml:34", "taskCount"],
        ["ecschedule.yaml:31", "network_configuration"],
        ["ecschedule.yaml:35", "disabled"],
        ["ecschedule.yaml:39", "newKey"],
        ["ecschedule.yaml:32", "scheduleExpression"],
    ]


def test_another_file_is_refused() -> None:
    """A file without rules is none of ecschedule's."""
    with pytest.raises(SourceError, match=r"^a.yaml:1: has no rules; is this a file of ecschedule\?$"):
        ecschedule.read(b"region: eu-central-1\n", "a.yaml")
    with pytest.raises(SourceError, match=r"^a.yaml:2: this is not YAML"):
        ecschedule.read(b"local a = import 'b';\n{: }", "a.yaml")
