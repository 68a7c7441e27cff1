"""Asks IAM about the roles of the jobs, and what they may do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aws_facts import ecr_image, universal_target
from aws_facts.arn import Arn
from aws_facts.value_from import SECRETS_MANAGER
from components.service_policy import claim_runs, take_work, tell
from doctor.account import Known, part
from doctor.checks.roles import ALLOWED, Asked, Kind, Purpose, Simulated, UsedRole
from doctor.reading import secrets, tasks
from doctor.trust import Caller
from judgements.answers import Refused
from watch.facts import InProcess
from watch.names import function_name, supervisor_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from aws_facts.value_from import ValueFrom
    from components.statements import Statement
    from doctor.account import Account
    from doctor.launch import Launch
    from doctor.stack import Stack
    from doctor.tasks import UsedTask
    from watch.facts import WorkQueue

_TASKS, _SCHEDULER = "ecs-tasks.amazonaws.com", "scheduler.amazonaws.com"
_ECS = "ecs.amazonaws.com"
"""ECS itself, which makes the volumes of tasks."""
_ANY = "*"
_TASK = "0" * 32
"""Stands for the id of a task that is not launched yet."""
_STREAM = f"ecs/container/{_TASK}"
"""Stands for its log stream."""


@dataclass(frozen=True)
class _Need:
    """Actions that a role needs on a resource, with the condition keys of the call."""

    purpose: Purpose
    actions: tuple[str, ...]
    resource: str
    context: tuple[tuple[str, str], ...] = ()


@dataclass
class _Wanted:
    """What the jobs want of a role."""

    jobs: list[str] = field(default_factory=list)
    callers: dict[str, Caller] = field(default_factory=dict)
    needs: dict[_Need, None] = field(default_factory=dict)


def read(account: Account, stack: Stack) -> Sequence[UsedRole]:
    """Return each role once for each thing that it is for."""
    wanted: dict[tuple[Kind, str], _Wanted] = {}
    for task, launches in tasks.with_launches(account, stack):
        for kind, arn in ((Kind.TASK, task.task_role), (Kind.EXECUTION, task.execution_role)):
            if arn:
                one = wanted.setdefault((kind, arn), _Wanted())
                one.jobs.extend(task.jobs)
                one.callers[_TASKS] = _of_tasks(task.arn)
                one.needs |= dict.fromkeys(_of_execution(account, task) if kind is Kind.EXECUTION else ())
        for launch in launches:
            one = wanted.setdefault((Kind.LAUNCH, launch.role), _Wanted())
            one.jobs.append(launch.job)
            one.callers |= {caller.name: caller for caller in _launchers(account, stack, launch, task)}
            one.needs |= dict.fromkeys(_of_launch(stack, launch, task))
            for arn in filter(None, launch.volumes.values()):
                one = wanted.setdefault((Kind.VOLUME, arn), _Wanted())
                one.jobs.append(launch.job)
                one.callers[_ECS] = Caller("Service", _ECS, {})
                one.needs |= dict.fromkeys(_of_volumes(task.arn))
    for job, facts in sorted(stack.jobs.items()):
        service = facts.work or facts.in_process
        if service and service.role:
            one = wanted.setdefault((Kind.SERVICE, service.role), _Wanted())
            one.jobs.append(job)
            one.callers[_TASKS] = _of_tasks(Arn.parse(_place(service)))
            one.needs |= dict.fromkeys(_of_service(stack.group, service))
    roles = account.each((arn for _, arn in wanted), lambda arn: _role(account, arn))
    asked = account.each(
        ((arn, need) for (_, arn), one in wanted.items() for need in one.needs),
        lambda pair: _asked(account, stack.region, *pair),
    )
    return [
        UsedRole(
            kind=kind,
            arn=arn,
            jobs=one.jobs,
            answer=roles[arn],
            callers=list(one.callers.values()),
            asked=[found for need in one.needs for found in asked[arn, need]],
        )
        for (kind, arn), one in wanted.items()
    ]


def _role(account: Account, arn: str) -> Known[Any] | Refused:
    return part(account.ask("iam", "get_role", absent=("NoSuchEntity",), RoleName=arn.rpartition("/")[2]), "Role")


def _of_tasks(task: Arn) -> Caller:
    """Return ECS as it assumes the roles of tasks (ECS Developer Guide, "Task IAM role", confused deputy)."""
    context = {"aws:SourceAccount": task.account, "aws:SourceArn": f"{task.sibling('ecs', '')}{_ANY}"}
    return Caller("Service", _TASKS, context)


def _launchers(account: Account, stack: Stack, launch: Launch, task: UsedTask) -> Iterator[Caller]:
    """Yield who assumes the launch role: Scheduler, and the supervisor of a supervised job."""
    group = task.arn.sibling("scheduler", f"schedule-group/{stack.group}")
    yield Caller("Service", _SCHEDULER, {"aws:SourceAccount": task.arn.account, "aws:SourceArn": group})
    if launch.supervised:
        name = supervisor_name(stack.group)
        answer = account.ask("lambda", "get_function_configuration", absent=_NO_FUNCTION, FunctionName=name)
        if isinstance(answer, Known) and answer.value:  # the topic of the supervisor tells the others
            yield Caller("AWS", answer.value["Role"], {"aws:PrincipalArn": answer.value["Role"]})


_NO_FUNCTION = ("ResourceNotFoundException",)


def _of_execution(account: Account, task: UsedTask) -> Iterator[_Need]:
    """Yield what ECS does as the execution role (ECS Developer Guide, "Task execution IAM role")."""
    images = [found for image in task.images if (found := ecr_image.parse(image))]
    if images:
        yield _Need(Purpose.PULL, ("ecr:GetAuthorizationToken",), _ANY)
    for image in images:
        repository = image.repository_arn(task.arn.partition)
        yield _Need(Purpose.PULL, ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"), repository)
    for log in task.logs:
        group = str(Arn(task.arn.partition, "logs", log.region, task.arn.account, f"log-group:{log.group}"))
        actions = ("logs:CreateLogStream", "logs:PutLogEvents")
        yield _Need(Purpose.LOG, actions, f"{group}:log-stream:{_STREAM}")
        if log.creates:
            yield _Need(Purpose.LOG, ("logs:CreateLogGroup",), f"{group}:log-stream:")
    for _, named in task.secrets:
        if named is not None:
            yield from _of_secret(account, task.arn, named)


def _of_secret(account: Account, task: Arn, named: ValueFrom) -> Iterator[_Need]:
    described, key = secrets.described(account, named)
    known = described.value if isinstance(described, Known) else None
    if named.service == SECRETS_MANAGER:
        arn = known["ARN"] if known else named.name
        yield _Need(Purpose.SECRETS, ("secretsmanager:GetSecretValue",), arn)
    else:
        name = (known["Name"] if known else named.name).removeprefix("/")
        arn = str(Arn(task.partition, "ssm", named.region, task.account, f"parameter/{name}"))
        yield _Need(Purpose.SECRETS, ("ssm:GetParameters",), arn)
    if isinstance(key, Known) and key.value:
        via = (("kms:ViaService", f"{named.service}.{named.region}.amazonaws.com"),)
        yield _Need(Purpose.DECRYPT, ("kms:Decrypt",), key.value["Arn"], via)


def _of_launch(stack: Stack, launch: Launch, task: UsedTask) -> Iterator[_Need]:
    """Yield what the launch role does, as components/launch_policy.py allows it."""
    cluster = (
        launch.cluster if launch.cluster.startswith("arn:") else task.arn.sibling("ecs", f"cluster/{launch.cluster}")
    )
    on_cluster, created = (("ecs:cluster", cluster),), (("ecs:CreateAction", "RunTask"),)
    yield _Need(Purpose.RUN, ("ecs:RunTask",), str(task.arn), on_cluster)
    if launch.request.get("Tags") or launch.request.get("PropagateTags"):
        launched = task.arn.sibling("ecs", f"task/{cluster.rpartition('/')[2]}/{_TASK}")
        yield _Need(Purpose.RUN, ("ecs:TagResource",), launched, created)
    passed = (("iam:PassedToService", _TASKS),)
    for role in dict.fromkeys(filter(None, (task.task_role, task.execution_role))):
        yield _Need(Purpose.PASS, ("iam:PassRole",), role, passed)
    for role in dict.fromkeys(filter(None, launch.volumes.values())):
        yield _Need(Purpose.PASS, ("iam:PassRole",), role, (("iam:PassedToService", _ECS),))
    answer = stack.schedules.get(launch.schedule)
    target = answer.value["Target"] if isinstance(answer, Known) and answer.value else {}
    for queue in _queues(target, task.arn):
        yield _Need(Purpose.SEND, ("sqs:SendMessage",), queue)


def _of_volumes(task: Arn) -> Iterator[_Need]:
    """Yield what ECS does for the volume of a task, with the tags that it gives to volumes.

    See AmazonECSInfrastructureRolePolicyForVolumes. A volume that ECS can make but not delete would be left behind.
    """
    volume = task.sibling("ec2", "volume/vol-00000000000000000")
    launched = task.sibling("ecs", f"task/{_TASK}")
    for kind, actions in (("Request", ("CreateVolume",)), ("Resource", ("AttachVolume", "DeleteVolume"))):
        tags = ((f"aws:{kind}Tag/AmazonECSManaged", "true"), (f"aws:{kind}Tag/AmazonECSCreated", launched))
        yield _Need(Purpose.VOLUME, tuple(f"ec2:{action}" for action in actions), volume, tags)


def _place(service: WorkQueue | InProcess) -> str:
    """Return the ARN of the queue or of the table by which the runs of a service are named."""
    return service.claims if isinstance(service, InProcess) else service.arn


def _of_service(group: str, service: WorkQueue | InProcess) -> Iterator[_Need]:
    """Yield what the containers of a service do. A key of the group may allow them its use by its own policy."""
    place = Arn.parse(_place(service))
    watch = place.sibling("lambda", f"function:{function_name(group)}")
    statements: Sequence[Statement]
    if not isinstance(service, InProcess):
        claims = place.sibling("dynamodb", f"table/{service.claims}")
        statements = take_work(queue_arn=service.arn, claims_arn=claims, watch_arn=watch)
    elif service.store:
        statements = [tell(watch)]
    else:
        statements = claim_runs(claims_arn=service.claims, watch_arn=watch)
    for one in statements:
        actions = one["Action"]
        named = (actions,) if isinstance(actions, str) else tuple(actions)
        yield _Need(_OF_SERVICE[one["Sid"]], named, one["Resource"])


_OF_SERVICE = {"TakeWork": Purpose.TAKE, "KeepClaims": Purpose.CLAIM, "TellTheWatch": Purpose.TELL}
"""What the statements are for that the owner of a service adds to its task role."""


def _queues(target: Mapping[str, Any], task: Arn) -> Iterator[str]:
    """Yield the ARNs of the queues to which Scheduler sends as the launch role."""
    dead_letters = (target.get("DeadLetterConfig") or {}).get("Arn")
    if dead_letters:
        yield dead_letters
    if universal_target.sends_message(target.get("Arn", "")):
        try:
            url = str(json.loads(target.get("Input") or "{}").get("QueueUrl") or "")
        except ValueError:
            return
        if url:
            yield task.sibling("sqs", url.rpartition("/")[2])


def _asked(account: Account, region: str, role: str, need: _Need) -> Sequence[Asked]:
    """Return what IAM says of the actions of a need."""
    given: dict[str, Any] = {} if need.resource == _ANY else {"ResourceArns": [need.resource]}
    context = (*need.context, ("aws:RequestedRegion", region), ("aws:SecureTransport", "true"))
    answer = account.ask(
        "iam",
        "simulate_principal_policy",
        absent=("NoSuchEntity",),
        PolicySourceArn=role,
        ActionNames=list(need.actions),
        ContextEntries=[_entry(key, value) for key, value in context],
        **given,
    )
    if isinstance(answer, Refused):
        return [Asked(need.purpose, action, need.resource, answer) for action in need.actions]
    results = answer.value["EvaluationResults"] if answer.value else []  # without a role, its absence is told
    found = [(one["EvalActionName"], _simulated(one)) for one in results]
    denied = any(simulated.decision != ALLOWED for _, simulated in found)
    elsewhere = _elsewhere(account, role, need.resource) if denied else ""
    return [Asked(need.purpose, action, need.resource, Known(one), elsewhere) for action, one in found]


def _elsewhere(account: Account, role: str, resource: str) -> str:
    """Return which other policy may allow the role to use a resource, if one may.

    In one account it is enough that the policy of a secret, of a repository or of a key allows it (IAM User Guide,
    "Policy evaluation logic"). What it allows is not read.
    """
    if resource == _ANY or Arn.parse(resource).account != Arn.parse(role).account:
        return ""
    arn = Arn.parse(resource)
    match arn.service:
        case "secretsmanager":
            answer = account.ask("secretsmanager", "get_resource_policy", region=arn.region, SecretId=resource)
            policy = "ResourcePolicy"
        case "ecr":
            name = arn.resource.removeprefix("repository/")
            absent = ("RepositoryPolicyNotFoundException", "RepositoryNotFoundException")
            answer = account.ask("ecr", "get_repository_policy", absent=absent, region=arn.region, repositoryName=name)
            policy = "policyText"
        case "kms":
            answer = account.ask("kms", "get_key_policy", region=arn.region, KeyId=resource, PolicyName="default")
            policy = "Policy"
        case _:
            return ""
    if isinstance(answer, Refused):
        return f"the policy of {resource} could not be read ({answer})"
    text = (answer.value or {}).get(policy) or ""
    return f"the policy of {resource} may allow it" if text and (role in text or not _is_of_root(text)) else ""


def _is_of_root(policy: str) -> bool:
    """Return whether a policy only lets the policies of its account decide, as the one that KMS gives to a new key."""
    statements = json.loads(policy).get("Statement", [])
    principals = [one.get("Principal") for one in (statements if isinstance(statements, list) else [statements])]
    names = [one.get("AWS") or "" if isinstance(one, dict) else "" for one in principals]
    each = [name for some in names for name in (some if isinstance(some, list) else [some])]
    return all(name.endswith(":root") for name in each)


def _entry(key: str, value: str) -> dict[str, Any]:
    kind = "boolean" if value == "true" else "string"
    return {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": [value]}


def _simulated(result: Mapping[str, Any]) -> Simulated:
    """Return the decision. About one resource, a part of it stands in the result for that resource."""
    parts = [result, *(result.get("ResourceSpecificResults") or ())]

    def forbids(detail: str, member: str) -> bool:
        return any((part.get(detail) or {}).get(member) is False for part in parts)

    return Simulated(
        decision=result["EvalDecision"],
        missing=sorted({key for part in parts for key in part.get("MissingContextValues") or ()}),
        bounded=forbids("PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary"),
        kept_back=forbids("OrganizationsDecisionDetail", "AllowedByOrganizations"),
    )
