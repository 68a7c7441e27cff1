"""A request to RunTask as a job and its placement. EventBridge, Scheduler and ecschedule all make such requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from adoption.environment import kept, without_secrets
from adoption.found import UNKNOWN, Placement
from adoption.keys import Keys
from aws_facts import definition_name, fargate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from adoption.found import Note

_FARGATE = "FARGATE"
_COMMAND = "overrides.containerOverrides[0].command"
_OWN = frozenset({"cluster", "taskDefinition", "clientToken", "startedBy", "enableECSManagedTags", "referenceId"})
"""Members that the placement has, or that the program sets in each request without anybody missing the other value."""
_EC2 = "is about EC2 instances, but jobs run on Fargate, so it is left out"
_IN_DEFINITION = "jobs have this from the task definition; register a revision that has it"
_LOST = {
    "group": "is left out: the program names the group of the tasks, by which its watch knows them",
    "tags": "is left out; scheduled-jobs:tags are on every task, with the tags job and owner",
    "propagateTags": "is left out: no tags are copied from the task definition; name them in scheduled-jobs:tags",
    "enableExecuteCommand": "is left out: nobody can enter a run with ECS Exec",
    "placementConstraints": _EC2,
    "placementStrategy": _EC2,
    "volumeConfigurations": "is left out: the program cannot supply volumes at launch",
    "overrides.taskRoleArn": _IN_DEFINITION,
    "overrides.executionRoleArn": _IN_DEFINITION,
    "overrides.ephemeralStorage": _IN_DEFINITION,
    "overrides.inferenceAcceleratorOverrides": _IN_DEFINITION,
    "cpu": "is left out: only the size of the whole task can be set, as cpu of the job",
    "memory": "is left out: only the size of the whole task can be set, as memory of the job",
    "memoryReservation": _IN_DEFINITION,
    "environmentFiles": _IN_DEFINITION,
    "resourceRequirements": _IN_DEFINITION,
}
"""What becomes of a member that a job cannot have. Names without a path are those of a container's override."""
DEAD_LETTERS = "is left out: what cannot be launched is in the stack's own queue, and is alerted"
"""What becomes of a queue for launches that failed."""
_UNKNOWN_MEMBER = "is left out: a job has nothing like it"


def job_fields(request: Mapping[str, Any], definition: Mapping[str, Any] | None, note: Note) -> dict[str, Any]:
    """Return the fields of the job that a request runs: container, command, environment and size.

    `definition` is the request's task definition, which has the command if the request has none; None if unknown. Every
    member that a job cannot have is noted, by its path in the request.
    """
    members = Keys(request)
    overrides = members.below("overrides")
    containers = overrides.all_of("containerOverrides")
    commands = [one.words("command") for one in containers]
    place = next((at for at, command in enumerate(commands) if command), 0)
    fields = _of_container(containers[place] if containers else Keys({}), commands[place] if containers else [], note)
    for at, other in enumerate(containers):
        if at != place:
            note(other.path, f"is left out: a job changes one container, which is {fields.get('container')} here")
    container = fields.get("container") or _sole_essential(definition)
    if not fields.get("command"):
        fields["command"] = _command_of(definition, container, note)
    where = f"{containers[place].path}.command" if containers else _COMMAND
    fields["command"] = without_secrets(fields["command"], where, note)
    fields |= _size(overrides, note)
    _note_launch(members, note)
    _note_lost(members, note)
    _note_lost(overrides, note)
    return {name: value for name, value in fields.items() if value not in (None, "", {})}


def placement(request: Mapping[str, Any], note: Note) -> Placement:
    """Return the placement in which a request runs its task."""
    members = Keys(request)
    task_definition = definition_name.of(members.text("taskDefinition") or UNKNOWN)
    network = members.below("networkConfiguration").below("awsvpcConfiguration")
    subnets = network.words("subnets")
    if not subnets:
        note(network.at("subnets"), f"is missing; name the subnets of the placement instead of subnet-{UNKNOWN}")
    shares = members.all_of("capacityProviderStrategy")
    keys: dict[str, Any] = {
        "cluster": (members.text("cluster") or "default").rpartition("/")[2],
        "taskDefinition": task_definition,
        "subnets": subnets or [f"subnet-{UNKNOWN}"],
        "securityGroups": network.words("securityGroups"),
        "assignPublicIp": network.text("assignPublicIp") == "ENABLED",
        "capacity": {share.text("capacityProvider"): _share(share) for share in shares},
    }
    family = task_definition.partition(":")[0]
    return Placement(family, {key: value for key, value in keys.items() if value})


def _of_container(override: Keys, command: Sequence[str], note: Note) -> dict[str, Any]:
    variables = {pair.text("name"): pair.text("value") for pair in override.all_of("environment")}
    fields = {
        "container": override.text("name"),
        "command": list(command),
        "environment": kept(variables, override.at("environment"), note),
    }
    for name, _ in override.unread():
        note(override.at(name), _LOST.get(name, _UNKNOWN_MEMBER))
    return fields


def _sole_essential(definition: Mapping[str, Any] | None) -> str | None:
    """Return the name of the only essential container; None when there is no such one."""
    containers = (definition or {}).get("containerDefinitions", [])
    essential = [str(one["name"]) for one in containers if one.get("essential", True)]
    return essential[0] if len(essential) == 1 else None


def _command_of(definition: Mapping[str, Any] | None, container: str | None, note: Note) -> list[str]:
    """Return the command of a container in its task definition, or else a word that stands for it."""
    containers = (definition or {}).get("containerDefinitions", [])
    command = next((list(one.get("command") or ()) for one in containers if one["name"] == container), [])
    if command:
        return command
    note(
        _COMMAND,
        f"is that of the image or of the task definition, which is not known here; write it for {UNKNOWN}, or remove "
        "it to run that",
    )
    return [UNKNOWN]


def _size(overrides: Keys, note: Note) -> dict[str, int | None]:
    """Return the size of the task in CPU units and MiB."""
    sizes: dict[str, int | None] = {}
    for name, read in (("cpu", fargate.cpu_units), ("memory", fargate.memory_mib)):
        text = overrides.text(name)
        sizes[name] = read(text) if text else None
        if text and sizes[name] is None:
            note(overrides.at(name), f"'{text}' is no size; write {name} of the job")
    return sizes


def _share(share: Keys) -> int | dict[str, int]:
    weight, base = share.number("weight") or 0, share.number("base") or 0
    return {"weight": weight, "base": base} if base else weight


def _note_launch(members: Keys, note: Note) -> None:
    """Note what the request says about its launch, as far as that is not how jobs are launched."""
    strategy, _ = members.take("capacityProviderStrategy"), members.take("networkConfiguration")
    launch_type, count, version = members.text("launchType"), members.take("count"), members.text("platformVersion")
    if launch_type not in {"", _FARGATE}:
        note("launchType", f"is {launch_type}, but jobs run on Fargate; the task definition must allow that")
    elif not launch_type and not strategy:
        note(
            "launchType", "is not set, so the cluster decides; jobs run on Fargate unless the placement has a capacity"
        )
    if count not in (None, 1):
        note("count", f"is {count}, but a tick starts one run; make {count} jobs, or let one run do all the work")
    if version not in {"", "LATEST"}:
        note("platformVersion", f"is {version}, but runs use the latest platform version")


def _note_lost(members: Keys, note: Note) -> None:
    """Note the members that no job has."""
    for name, value in members.unread():
        if name not in _OWN and value is not False:
            note(members.at(name), _LOST.get(members.at(name), _UNKNOWN_MEMBER))
