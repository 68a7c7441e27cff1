"""Loads the modules of AWS's SDK that define the resources of a job group and its jobs."""

from __future__ import annotations

import asyncio
import importlib

from pulumi_aws import cloudwatch, dynamodb, iam, lambda_, scheduler, sns, sqs

_MODULES = (cloudwatch, iam, lambda_, dynamodb, scheduler, sqs, sns)
"""The dearest come first. Each takes between 5 and 60 ms."""


async def load(*, builds: bool) -> None:
    """Load them in a thread. Without this, each module is loaded on the event loop when its first class is used.

    The program calls this while it waits for the account's answers. `builds` says whether the image of a job is built.
    """
    await asyncio.to_thread(_load, builds=builds)


def _load(*, builds: bool) -> None:
    for module in _MODULES:
        hasattr(module, "Resource")  # the first question about an attribute loads the module
    if builds:
        importlib.import_module("pulumi_awsx.ecr")
