"""Prints the statements that the policy of a stack's KMS key needs (`scheduled-jobs:encryption.kmsKey`)."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import settings
from aws_facts.arn import Arn
from components import key_policy
from components.launch_policy import POLICY_VERSION
from ops import stack
from ops.errors import OpsError
from settings import stack_file

if TYPE_CHECKING:
    import argparse


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command `key-policy`."""
    parser.description = __doc__
    parser.add_argument("stack", help="a stack that has a Pulumi.<stack>.yaml")
    parser.add_argument("--account", help="the account of the stack, if it is not the account of the key")
    parser.set_defaults(run=run, folder=stack.CHECKOUT)


def run(given: argparse.Namespace) -> int:
    """Print the statements, and return the exit code. OpsError when the stack file is not valid or names no key."""
    problems = settings.Problems()
    values = stack_file.read(given.folder / f"Pulumi.{given.stack}.yaml", problems)
    config = None if values is None else settings.parse(values, problems)
    if problems or config is None:
        raise OpsError("; ".join(map(str, problems)))
    key = config.encryption.kms_key
    if key is None:
        raise OpsError(f"{settings.NAMESPACE}:encryption.kmsKey: the stack '{given.stack}' names no key of its own")
    place = stack.find(given.folder, given.stack, region=None, group=None)
    statements = key_policy.statements(
        kms_key_arn=key,
        group=place.group,
        account=given.account or Arn.parse(key).account,
        watched=True,
        queues=bool(config.alerts.sqs),
    )
    sys.stdout.write(json.dumps({"Version": POLICY_VERSION, "Statement": statements}, indent=2) + "\n")
    return 0
