"""Tests that the example runs, with resources of awsx as inputs of the components."""

from __future__ import annotations

import inspect
import json
import re
import runpy
import textwrap
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, rpc

import components

EXAMPLE = Path(__file__).parents[2] / "examples" / "awsx"
ACCOUNT = "123456789012"
RESOURCE = re.compile(r"(cloudwatch|dynamodb|iam|scheduler|sns|sqs)\.\w+")
"""How a component's attribute is annotated that is a resource."""
REFERENCE = {rpc._special_sig_key: rpc._special_resource_sig}


class AwsxMocks(mocks.Mocks):
    """Mocks of awsx's provider, with the child resources that its outputs refer to."""

    def __init__(self) -> None:
        self.monitor = mocks.MockMonitor(self)
        self.inputs: dict[tuple[str, str], dict[str, Any]] = {}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Return the answer to the example's look-up of subnets."""
        assert args.token == "aws:ec2/getSubnets:getSubnets"  # noqa: S105 - a function's token
        return {"ids": ["subnet-0a", "subnet-0b"], "id": "x", "region": "eu-central-1"}, []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """Record the inputs, and add the outputs that the cloud would add."""
        self.inputs[args.typ, args.name] = args.inputs
        if args.typ == "awsx:ecs:FargateTaskDefinition":
            family = "aws:ecs/taskDefinition:TaskDefinition"
            return None, {
                "taskDefinition": self._child(family, {"family": args.name}),
                "taskRole": self._child("aws:iam/role:Role", {"arn": f"arn:aws:iam::{ACCOUNT}:role/task"}, "task"),
                "executionRole": self._child("aws:iam/role:Role", {"arn": f"arn:aws:iam::{ACCOUNT}:role/exec"}, "exec"),
            }
        service = args.typ.partition(":")[2].partition("/")[0]
        arn = f"arn:aws:{service}:eu-central-1:{ACCOUNT}:{'cluster/' if service == 'ecs' else ''}{args.name}"
        return args.name, {"arn": arn, "name": args.name, "url": "https://queue", **args.inputs}

    def _child(self, kind: str, state: dict[str, Any], name: str = "made") -> dict[str, Any]:
        urn = self.monitor.make_urn("", kind, name)
        self.monitor.resources[urn] = mocks.MockMonitor.ResourceRegistration(urn, name, state)
        return {**REFERENCE, "urn": urn, "id": name}


def test_a_job_runs_on_what_awsx_makes_in_the_same_program() -> None:
    """The example works although family, roles and cluster are unknown before their creation."""
    awsx = AwsxMocks()
    mocks.set_mocks(awsx, project="reports", stack="dev", monitor=awsx.monitor)

    mocks.test(lambda: runpy.run_path(str(EXAMPLE), run_name="__main__") and None)()  # type: ignore[no-untyped-call]

    schedule = awsx.inputs["aws:scheduler/schedule:Schedule", "nightly"]
    request = json.loads(schedule["target"]["input"])
    policy = json.loads(awsx.inputs["aws:iam/rolePolicy:RolePolicy", "nightly"]["policy"])
    passed = next(s["Resource"] for s in policy["Statement"] if s["Action"] == "iam:PassRole")
    assert (request["TaskDefinition"], request["Cluster"]) == (
        "reports",
        f"arn:aws:ecs:eu-central-1:{ACCOUNT}:cluster/reports",
    )
    assert request["NetworkConfiguration"]["AwsvpcConfiguration"]["Subnets"] == ["subnet-0a", "subnet-0b"]
    assert passed == [f"arn:aws:iam::{ACCOUNT}:role/exec", f"arn:aws:iam::{ACCOUNT}:role/task"]


@pytest.mark.parametrize("component", [components.JobGroup, components.ScheduledJob], ids=lambda kind: kind.__name__)
def test_each_component_has_an_example_that_runs(component: type) -> None:
    """The indented code in a component's docstring declares the component, and its resources are its attributes."""
    _, _, code = inspect.cleandoc(component.__doc__ or "").partition("\n    ")
    declared: dict[str, Any] = {}
    awsx = AwsxMocks()
    mocks.set_mocks(awsx, project="reports", stack="dev", monitor=awsx.monitor)
    mocks.test(lambda: exec(textwrap.dedent("    " + code), declared))()  # type: ignore[no-untyped-call]  # noqa: S102
    [made] = [value for value in declared.values() if isinstance(value, component)]
    resources = [kind for kind, _ in awsx.inputs if kind.startswith("aws:")]
    assert resources
    attributes = [name for name, kind in component.__annotations__.items() if RESOURCE.match(kind)]
    assert len(attributes) >= 4
    for name in attributes:
        assert isinstance(getattr(made, name), pulumi.CustomResource | None), name
