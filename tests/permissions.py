"""The policies of docs/permissions.md, by the heading that each stands under."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emulator.iam.policy_evaluation import Request, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PAGE = (Path(__file__).parent.parent / "docs" / "permissions.md").read_text("utf-8")

STACK = {
    "project": "scheduled-jobs",
    "stack": "production",
    "group": "scheduled-jobs-production",
    "account": "123456789012",
    "region": "eu-central-1",
    "watch": "scheduled-jobs-production-watch",
    "supervisor": "scheduled-jobs-production-supervisor",
    "runs": "scheduled-jobs-production-runs",
    "alarms": "scheduled-jobs-production-alarms",
    "cluster": "production",
    "own-cluster": "scheduled-jobs-production-own",
    "vpc": "vpc-0a000000000000001",
    "family": "web",
    "log-group": "/ecs/web",
    "task-role": "web-task",
    "execution-role": "web-execution",
    "bucket": "acme-pulumi",
    "key-id": "1234abcd-12ab-34cd-56ef-1234567890ab",
    "kms-key": "0987dcba-09fe-87dc-65ba-ab0987654321",
    "owner": "acme",
    "repo": "scheduled-jobs",
    "boundary": "boundary",
    "endpoint": "pager",
    "repository": "team/cleanup",
    "capacity-provider": "machines",
    "function": "rates",
    "function-role": "rates-role",
    "work-queue": "scheduled-jobs-production-work-web",
    "handler": "scheduled-jobs-production-job-import",
    "secret": "web-db",
    "secret-key": "5678efab-56ef-78ab-90cd-567890abcdef",
}
"""What one stack's placeholders stand for."""

PREVIEW = "Who previews"
CHECK = "Check the boundary and the endpoints"
DEPLOY = "Who deploys"
WATCHED = "With a watch"
LOOK = "Who looks"
EXAMINE = "Who looks at what tasks need"
ON_CALL = "Who is on call"
ADOPT = "Who adopts"
ONLY_BOUNDED = "With a permissions boundary"
BOUNDARY = "A boundary for the stack's roles"
CAPACITY = "Read capacity providers"
IMAGES_PREVIEW = "Who previews, with images"
IMAGES_DEPLOY = "Who deploys, with images"
MADE_DEPLOY = "Who deploys, with clusters and groups"
BUILDS_PREVIEW = "Who previews, with builds"
BUILDS_DEPLOY = "Who deploys, with builds"
FUNCTIONS_PREVIEW = "Who previews, with functions"
FUNCTIONS_DEPLOY = "Who deploys, with functions"
FUNCTIONS_LOOK = "Who looks, with functions"
FUNCTIONS_BOUNDARY = "A boundary, with functions"
HANDLERS_PREVIEW = "Who previews, with handlers"
HANDLERS_DEPLOY = "Who deploys, with handlers"
HANDLERS_LOOK = "Who looks, with handlers"
HANDLERS_BOUNDARY = "A boundary, with handlers"
REQUESTS_PREVIEW = "Who previews, with requests"
REQUESTS_DEPLOY = "Who deploys, with requests"
REQUESTS_LOOK = "Who looks, with requests"
REQUESTS_BOUNDARY = "A boundary, with requests"
SERVICE_ROLE = "The task role of a service that runs jobs"
SERVICES_PREVIEW = "Who previews, with services"
SERVICES_DEPLOY = "Who deploys, with services"
SERVICES_LOOK = "Who looks, with services"
SERVICES_BOUNDARY = "A boundary, with services"
KEYED_PREVIEW = "Who previews, with a key"
KEYED_DEPLOY = "Who deploys, with a key"
KEYED_LOOK = "Who looks, with a key"
KEYED_ON_CALL = "Who is on call, with a key"
KEYED_BOUNDARY = "A boundary, with a key"
READ_BACKEND = "Read the backend"
WRITE_BACKEND = "Write the backend"
TRUST_PREVIEW = "Trust of the role that previews"
TRUST_DEPLOY = "Trust of the role that deploys"

ROLES = {
    "previews": (PREVIEW, READ_BACKEND),
    "deploys": (PREVIEW, DEPLOY, WATCHED, READ_BACKEND, WRITE_BACKEND),
    "looks": (LOOK, EXAMINE),
    "on call": (LOOK, EXAMINE, ON_CALL),
}
"""Who holds which policies of a stack, as the first table of the page says."""

Policy = dict[str, Any]


def blocks() -> dict[str, str]:
    """Give the JSON block under each heading, as written. ValueError when a heading has two."""
    found: dict[str, str] = {}
    for section in re.split(r"^#+ ", PAGE, flags=re.MULTILINE)[1:]:
        title, _, text = section.partition("\n")
        written = re.findall(r"^```json\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        if len(written) > 1:
            raise ValueError(f"two policies under '{title}'")
        if written:
            found[title] = written[0]
    return found


def policy(title: str, **changed: str) -> Policy:
    """Give a policy for `STACK`, or for one that differs in `changed` (with `_` for `-`)."""
    values = STACK | {name.replace("_", "-"): value for name, value in changed.items()}
    text = re.sub(r"<([a-z-]+)>", lambda match: values[match[1]], blocks()[title])
    parsed: Policy = json.loads(text)
    return parsed


def policies(*titles: str) -> list[Policy]:
    """Give policies for `STACK`."""
    return [policy(title) for title in titles]


def refused(held: Sequence[Policy], asked: Iterable[Request]) -> dict[str, str]:
    """Give the reason for each action that the policies refuse."""
    decisions = [(request.action, evaluate(request, held)) for request in asked]
    return {action: decision.reason for action, decision in decisions if not decision.allowed}


def spare(title: str, others: Sequence[Policy], asked: Sequence[Request]) -> list[tuple[str, str]]:
    """Give the statements of a policy with an action that they do not need: all that is asked is allowed without."""
    whole, found = policy(title), []
    for statement in whole["Statement"]:
        for action in listed(statement["Action"]):
            less = {**statement, "Action": [one for one in listed(statement["Action"]) if one != action]}
            rest = [less if one is statement else one for one in whole["Statement"]]
            if not refused([{**whole, "Statement": rest}, *others], asked):
                found.append((statement["Sid"], action))
    return found


def held_by(role: str, **changed: str) -> list[Policy]:
    """Give the policies of one of `ROLES`, for `STACK` or for one that differs in `changed`."""
    return [policy(title, **changed) for title in ROLES[role]]


def merged(policies: list[Policy]) -> Policy:
    """Give one policy with the statements of all."""
    return {**policies[0], "Statement": [statement for each in policies for statement in each["Statement"]]}


def arn(service: str, resource: str) -> str:
    """Write an ARN of the stack's account and region, where the service's ARNs have them."""
    global_ = service in {"iam", "s3"} or resource.startswith("dashboard/")
    region = "" if global_ else STACK["region"]
    account = "" if service == "s3" else STACK["account"]
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def ask(action: str, resource: str, **context: str | list[str]) -> Request:
    """Ask for an action on a resource, `*` or named as in its ARN; condition keys have `_` for the first `:`."""
    whole = resource if resource == "*" else arn(action.partition(":")[0], resource)
    return Request(action, whole, {name.replace("_", ":", 1): value for name, value in context.items()})


def actions(document: Policy) -> set[str]:
    """Give every action that the statements of a policy name."""
    return {action for statement in document["Statement"] for action in listed(statement["Action"])}


def listed(element: Any) -> list[Any]:  # noqa: ANN401 - policy JSON has one or many everywhere
    """Give one or many as many."""
    return element if isinstance(element, list) else [element]


ROLE = "role/scheduled-jobs/scheduled-jobs-production/cleanup-1a2b3c4"
SCHEDULE = "schedule/scheduled-jobs-production/cleanup"
RULE = "rule/scheduled-jobs-production-runs"
ALARMS_RULE = "rule/scheduled-jobs-production-alarms"
WATCH = arn("lambda", "function:scheduled-jobs-production-watch")
ALERTS, PROBLEMS = (arn("sns", f"scheduled-jobs-production-{topic}") for topic in ("alerts", "problems"))
CLUSTER = arn("ecs", "cluster/production")
EVENTS, LAMBDA = "events.amazonaws.com", "lambda.amazonaws.com"
SCHEDULER, TASKS = "scheduler.amazonaws.com", "ecs-tasks.amazonaws.com"

ADMINISTRATION = (
    ask("cloudformation:CreateStack", "stack/s/1"),
    ask("ecs:RegisterTaskDefinition", "*"),
    ask("ecs:StopTask", "task/other/0123"),
    ask("ecs:UpdateService", "service/production/web"),
    ask("iam:CreatePolicyVersion", "policy/boundary"),
    ask("iam:CreateUser", "user/u"),
    ask("kms:ScheduleKeyDeletion", f"key/{STACK['key-id']}"),
    ask("s3:DeleteBucket", "acme-pulumi"),
    ask("s3:PutBucketPolicy", "acme-pulumi"),
    ask("secretsmanager:GetSecretValue", "secret:s"),
    ask("dynamodb:DeleteItem", "table/scheduled-jobs-production-ledger-1a2b3c4", dynamodb_LeadingKeys=["jobs"]),
    ask("lambda:InvokeFunction", "function:other"),
    ask("sns:Publish", "scheduled-jobs-production-alerts"),
    Request("sts:AssumeRole", arn("iam", ROLE)),
)
"""What no role of the page may do."""
