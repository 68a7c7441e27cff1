"""Posts the names of jobs to the load balancer, which passes them on to one of the servers."""

from __future__ import annotations

import json
import os
import urllib.request
from typing import Any

import boto3


def handle(event: dict[str, Any], _context: object) -> None:
    """Run on a schedule."""
    parameters = boto3.client("ssm")
    found = parameters.get_parameter(Name=os.environ["TOKEN_PARAMETER"], WithDecryption=True)
    request = urllib.request.Request(  # noqa: S310 - the address is the team's own
        os.environ["JOBS_URL"],
        data=json.dumps({"jobs": event["jobs"]}).encode(),
        headers={"Authorization": f"Bearer {found['Parameter']['Value']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=25) as answer:  # noqa: S310 - see above
        print(event["jobs"], answer.status)
