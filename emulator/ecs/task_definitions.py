"""What RegisterTaskDefinition checks and converts, and moto does not."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.ecs.models import EC2ContainerServiceBackend, TaskDefinition

from aws_facts.fargate import LONGEST_STOP_TIMEOUT, cpu_units, fargate_problem, is_windows, memory_mib
from aws_facts.launch_types import ON_INSTANCES, LaunchType, size_problem
from emulator.ecs import definition_parts
from emulator.gateway.gateway import AwsError, Call, Gateway

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_AWSLOGS = "awslogs"
INVALID_SIZE = (
    "Invalid '{name}' setting for task. For more information, see the Troubleshooting section of the Amazon ECS "
    "Developer Guide."
)
NO_FARGATE_SIZE = (
    "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the Amazon ECS documentation "
    "for the valid values."
)
_UNITS = {"cpu": cpu_units, "memory": memory_mib}


def install(gateway: Gateway) -> None:
    """Refuse the sizes, the secrets and the options of log drivers that ECS refuses."""
    gateway.check("ecs", "RegisterTaskDefinition", _check)


@contextmanager
def converted() -> Iterator[None]:
    """Make moto store sizes such as `.25 vCPU` and `1 GB` as ECS does: as text with CPU units and MiB."""
    original = EC2ContainerServiceBackend.register_task_definition

    def register(*given: Any, **named: Any) -> TaskDefinition:  # noqa: ANN401 - as the original takes them
        sizes = {name: str(units(named[name])) for name, units in _UNITS.items() if named.get(name)}
        return original(*given, **{**named, **sizes})

    EC2ContainerServiceBackend.register_task_definition = register  # type: ignore[method-assign]
    try:
        yield
    finally:
        EC2ContainerServiceBackend.register_task_definition = original  # type: ignore[method-assign]


@contextmanager
def described() -> Iterator[None]:
    """Make moto describe the newest active revision of a family, as ECS does, and not a newer one that is inactive.

    See ECS API reference, DescribeTaskDefinition.
    """
    original = EC2ContainerServiceBackend.describe_task_definition

    def describe(self: EC2ContainerServiceBackend, task_definition_str: str) -> TaskDefinition:
        family = task_definition_str.rpartition("/")[2]
        if ":" in family:
            return original(self, task_definition_str)
        known = self.task_definitions.get(family, {})
        active = [revision for revision, one in known.items() if one.status == "ACTIVE"]
        return original(self, f"{family}:{max(active, default=0)}")

    EC2ContainerServiceBackend.describe_task_definition = describe  # type: ignore[method-assign]
    try:
        yield
    finally:
        EC2ContainerServiceBackend.describe_task_definition = original  # type: ignore[method-assign]


def _check(call: Call) -> None:
    params = call.params
    for name, units in _UNITS.items():
        if params.get(name) and units(params[name]) is None:
            raise AwsError("ClientException", INVALID_SIZE.format(name=name))
    required = params.get("requiresCompatibilities", [])
    if required and size_problem(ON_INSTANCES, cpu_units(params.get("cpu") or ""), None):
        raise AwsError("ClientException", INVALID_SIZE.format(name="cpu"))
    if LaunchType.MANAGED_INSTANCES in required and params.get("ephemeralStorage"):
        raise AwsError(  # ECS's words for it are not known
            "ClientException", "The parameter ephemeralStorage is not supported for Managed Instances."
        )
    fargate = LaunchType.FARGATE in required
    if fargate:
        _check_fargate(params)
    for container in params["containerDefinitions"]:
        if fargate and container.get("stopTimeout", 0) > LONGEST_STOP_TIMEOUT:
            raise AwsError(  # ECS's words for it are not known
                "ClientException",
                f"Invalid stopTimeout {container['stopTimeout']} for container {container.get('name')}: Fargate allows "
                f"at most {LONGEST_STOP_TIMEOUT} seconds.",
            )
        if fargate and container.get("secrets") and not params.get("executionRoleArn"):
            raise AwsError(
                "ClientException",
                "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
            )
        log = container.get("logConfiguration") or {}
        if log.get("logDriver") == _AWSLOGS:
            _check_awslogs(log.get("options") or {}, params.get("executionRoleArn"), fargate=fargate)
    cpu, memory = (units(params[name]) if params.get(name) else None for name, units in _UNITS.items())
    definition_parts.check(params, fargate=fargate, cpu=cpu, memory=memory)


def _check_fargate(params: Mapping[str, Any]) -> None:
    for name in _UNITS:
        if not params.get(name):
            raise AwsError("ClientException", f"Fargate requires that '{name}' be defined at the task level.")
    cpu, memory = cpu_units(params["cpu"]), memory_mib(params["memory"])
    system = (params.get("runtimePlatform") or {}).get("operatingSystemFamily", "")
    if fargate_problem(cpu, memory, windows=is_windows(system)):
        raise AwsError("ClientException", NO_FARGATE_SIZE.format(cpu=cpu, memory=memory))


def _check_awslogs(options: Mapping[str, str], execution_role: str | None, *, fargate: bool) -> None:
    """Refuse options of the log driver awslogs, in the words of recorded answers of RegisterTaskDefinition."""
    missing = [name for name in ("awslogs-region", "awslogs-group") if not options.get(name)]
    if missing:
        raise AwsError("ClientException", f"Log driver {_AWSLOGS} requires options: {', '.join(missing)}")
    if options.get("awslogs-create-group", "true") != "true":
        raise AwsError(
            "ClientException",
            f"Log driver {_AWSLOGS} option 'awslogs-create-group' should only be set to 'true', else omit option.",
        )
    if fargate and not execution_role:
        raise AwsError(
            "ClientException",
            f"Fargate requires task definition to have execution role ARN to support log driver {_AWSLOGS}.",
        )
    if fargate and not options.get("awslogs-stream-prefix"):
        raise AwsError(
            "ClientException",
            "Fargate requires log configuration options to include awslogs-stream-prefix to support log driver "
            f"{_AWSLOGS}.",
        )
