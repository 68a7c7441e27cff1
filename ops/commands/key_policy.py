"""Prints the statements that the policy of a stack's KMS key needs (`scheduled-jobs:encryption.kmsKey`)."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

import settings
from aws_facts.arn import Arn
from components import key_policy
from components.own_task_definition import log_group
from components.statements import POLICY_VERSION
from ops import stack
from ops.errors import OpsError
from ops.options import StackFile
from settings import stack_file

ABOUT = """
exit codes: 0 printed; 1 the stack file is not valid, or names no key; 2 wrong arguments

example: python -m ops key-policy production
"""


def command(
    stack_name: StackFile,
    *,
    account: Annotated[
        str | None,
        typer.Option(metavar="ACCOUNT", help="The account of the stack, if it is not the account of the key."),
    ] = None,
) -> int:
    """Print the statements, and return the exit code. OpsError when the stack file is not valid or names no key."""
    problems = settings.Problems()
    values = stack_file.read(stack.CHECKOUT / f"Pulumi.{stack_name}.yaml", problems)
    config = None if values is None else settings.parse(values, problems)
    if problems or config is None:
        raise OpsError("; ".join(map(str, problems)))
    key = config.encryption.kms_key
    if key is None:
        raise OpsError(f"{settings.NAMESPACE}:encryption.kmsKey: the stack '{stack_name}' names no key of its own")
    place = stack.find(stack.CHECKOUT, stack_name, region=None, group=None)
    statements = key_policy.statements(
        kms_key_arn=key,
        group=place.group,
        account=account or Arn.parse(key).account,
        watched=True,
        queues=bool(config.alerts.sqs),
        job_log=log_group(stack_name),
    )
    sys.stdout.write(json.dumps({"Version": POLICY_VERSION, "Statement": statements}, indent=2) + "\n")
    return 0
