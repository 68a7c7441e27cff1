"""Tests of `python -m ops key-policy`, which prints the statements for the policy of a stack's key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from components.key_policy import statements
from ops import stack
from ops.cli import main

if TYPE_CHECKING:
    from pathlib import Path

JOB_LOG = "/aws/ecs/production-cron-jobs"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/12ab"
FILE = """
config:
  aws:region: eu-central-1
  scheduled-jobs:placements: {default: {service: {cluster: c, name: web}}}
  scheduled-jobs:schedules: {}
"""
ENCRYPTED = f"{FILE}  scheduled-jobs:encryption: {{kmsKey: '{KEY}'}}\n"
QUEUES = '  scheduled-jobs:alerts: {sqs: ["arn:aws:sqs:eu-central-1:123456789012:pager"]}\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Look for stack files in an empty folder."""
    monkeypatch.setattr(stack, "CHECKOUT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("config", "options", "account", "queues"),
    [
        (ENCRYPTED, [], "123456789012", False),
        (ENCRYPTED + QUEUES, [], "123456789012", True),
        (ENCRYPTED, ["--account", "444455556666"], "444455556666", False),
    ],
    ids=["plain", "queues", "another account"],
)
def test_prints_the_statements(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    config: str,
    options: list[str],
    account: str,
    *,
    queues: bool,
) -> None:
    """The output is a policy with the statements of the stack, which can be pasted."""
    (folder / "Pulumi.production.yaml").write_text(config)
    assert main(["key-policy", "production", *options]) == 0
    group = "scheduled-jobs-production"
    expected = statements(kms_key_arn=KEY, group=group, account=account, watched=True, queues=queues, job_log=JOB_LOG)
    assert json.loads(capsys.readouterr().out) == {"Version": "2012-10-17", "Statement": expected}


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (FILE, "scheduled-jobs:encryption.kmsKey: the stack 'production' names no key of its own"),
        (FILE.replace("schedules: {}", "schedules: 5"), "scheduled-jobs:schedules: '5': "),
        (ENCRYPTED.replace("key/", "alias/"), "scheduled-jobs:encryption.kmsKey: "),
        (ENCRYPTED.replace("  aws:region: eu-central-1\n", ""), "aws:region"),
    ],
    ids=["no key", "a mistake", "an alias", "no region"],
)
def test_says_what_is_wrong(folder: Path, capsys: pytest.CaptureFixture[str], config: str, message: str) -> None:
    """A stack file without a valid key is an error that names the place."""
    (folder / "Pulumi.production.yaml").write_text(config)
    assert main(["key-policy", "production"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err
