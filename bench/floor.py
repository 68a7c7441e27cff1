"""The floor of `bench_preview`: a Pulumi program that only sends registrations, by bare gRPC.

The bench copies this file as the `__main__.py` of a project. It registers for each job what the program registers for
a job with one schedule, with inputs of the same size.
"""

from __future__ import annotations

import json
from typing import Any

import pulumi
from google.protobuf import json_format, struct_pb2
from pulumi.runtime import settings
from pulumi.runtime.proto import resource_pb2

AT_ONCE = 64
"""Registrations in flight."""
ARN = "arn:aws:iam::123456789012:role/floor"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]})
DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "x" * 900}]})
PATTERN = json.dumps({"source": ["aws.ecs"], "detail": {"group": ["floor"]}})
TARGET = {
    "arn": "arn:aws:scheduler:::aws-sdk:ecs:runTask",
    "roleArn": ARN,
    "input": json.dumps({"Overrides": "x" * 900}),
}


def register(type_: str, name: str, parent: str, inputs: dict[str, Any], *, custom: bool = True) -> Any:  # noqa: ANN401
    """Send a registration, and return the future of its answer."""
    fields = struct_pb2.Struct()
    json_format.ParseDict(inputs, fields)
    request = resource_pb2.RegisterResourceRequest(
        type=type_, name=name, parent=parent, custom=custom, object=fields, acceptSecrets=True, acceptResources=True
    )
    monitor: Any = settings.get_monitor()
    return monitor.RegisterResource.future(request)


def inputs_of(name: str) -> dict[str, dict[str, Any]]:
    """Return the inputs of a job's resources, by type."""
    return {
        "aws:iam/role:Role": {"name": name, "assumeRolePolicy": TRUST, "tags": {"job": name}},
        "aws:iam/rolePolicy:RolePolicy": {"name": "launch", "role": name, "policy": DOCUMENT},
        "aws:cloudwatch/eventRule:EventRule": {"name": name, "eventPattern": PATTERN, "tags": {"job": name}},
        "aws:cloudwatch/eventTarget:EventTarget": {"rule": name, "targetId": "watch", "arn": ARN},
        "aws:scheduler/schedule:Schedule": {
            "name": name,
            "groupName": "floor",
            "scheduleExpression": "cron(0 1 * * ? *)",
            "flexibleTimeWindow": {"mode": "OFF"},
            "target": TARGET,
        },
    }


async def main() -> None:
    """Register every job."""
    root: Any = pulumi.runtime.get_root_resource()
    stack = await root.urn.future()
    names = [f"job-{number:04}" for number in range(pulumi.Config().require_int("jobs"))]
    for first in range(0, len(names), AT_ONCE):
        some = names[first : first + AT_ONCE]
        components = {name: register("floor:index:Job", name, stack, {}, custom=False) for name in some}
        urns = {name: future.result().urn for name, future in components.items()}
        futures = [
            register(type_, name, urns[name], inputs) for name in some for type_, inputs in inputs_of(name).items()
        ]
        for future in futures:
            future.result()


pulumi.run(main)
