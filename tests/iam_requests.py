"""What AWS asks IAM about a recorded call: action, resource and condition keys (Service Authorization Reference)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.aws.iam_policy import Request

if TYPE_CHECKING:
    from sandbox.aws.gateway import Call

Params = Mapping[str, Any]

_OF_A_ROLE = ("Path", "PermissionsBoundary")
"""What IAM knows of a role, and calls on the role do not repeat."""

NEEDS_NONE = {"sts:GetCallerIdentity"}
"""AWS answers these whatever the policies say (STS API reference)."""


class Questions:
    """Turns calls into what IAM is asked about them. Remembers of each role what later calls on it do not repeat."""

    def __init__(self) -> None:
        """Begin with no role."""
        self._roles: dict[str, dict[str, Any]] = {}

    def about(self, calls: Iterable[Call]) -> list[Request]:
        """Give all that IAM is asked about `calls`, in their order.

        KeyError names an operation that the tables below do not know, or a role that was made before the first call.
        """
        return [request for call in calls for request in _requests(call, {**call.params, **self._role(call)})]

    def _role(self, call: Call) -> dict[str, Any]:
        if "RoleName" not in call.params:
            return {}
        name, told = call.params["RoleName"], {key: call.params[key] for key in _OF_A_ROLE if key in call.params}
        if call.operation == "CreateRole":
            self._roles[name] = {}
        before = {**self._roles[name], **told}
        gone = call.operation == "DeleteRolePermissionsBoundary"
        self._roles[name] = {key: value for key, value in before.items() if key != "PermissionsBoundary" or not gone}
        return before


def _requests(call: Call, params: Params) -> list[Request]:
    action = f"{call.service}:{call.operation}"
    if action in NEEDS_NONE:
        return []
    resource = _resource(call, _RESOURCES[action](params))
    asked = [Request(action, resource, _context(action, params))]
    if action in _TAGGING and params.get("Tags", params.get("tags")):
        asked.append(Request(_TAGGING[action], resource))
    if action in {"scheduler:CreateSchedule", "scheduler:UpdateSchedule"}:
        passed = {"iam:PassedToService": "scheduler.amazonaws.com"}
        asked.append(Request("iam:PassRole", params["Target"]["RoleArn"], passed))
    if action == "scheduler:DeleteScheduleGroup":
        asked.append(Request("scheduler:DeleteSchedule", _resource(call, f"schedule/{params['Name']}/any")))
    return asked


def _resource(call: Call, name: str) -> str:
    """Complete what is not an ARN yet."""
    region = "" if call.service == "iam" else call.region
    whole = name == "*" or name.startswith("arn:")
    return name if whole else f"arn:{call.partition}:{call.service}:{region}:{call.account}:{name}"


def _anything(params: Params) -> str:
    del params
    return "*"


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _cluster(params: Params) -> str:
    return f"cluster/{_last(params['clusters'][0])}"


def _service(params: Params) -> str:
    return f"service/{_last(params['cluster'])}/{_last(params['services'][0])}"


def _rule(params: Params) -> str:
    return str(params.get("ResourceARN") or f"rule/{params.get('Rule') or params['Name']}")


def _role(params: Params) -> str:
    return f"role{params['Path']}{params['RoleName']}"


def _schedule(params: Params) -> str:
    return f"schedule/{params['GroupName']}/{params['Name']}"


def _group(params: Params) -> str:
    return str(params.get("ResourceArn") or f"schedule-group/{params['Name']}")


def _topic(params: Params) -> str:
    return str(params.get("TopicArn") or params.get("ResourceArn") or params["Name"])


def _queue(params: Params) -> str:
    return str(params.get("QueueName") or _last(params["QueueUrl"]))


_OPERATIONS: Mapping[str, Mapping[Callable[[Params], str], str]] = {
    "ec2": {_anything: "DescribeSecurityGroups DescribeSubnets"},
    "ecs": {_cluster: "DescribeClusters", _service: "DescribeServices", _anything: "DescribeTaskDefinition"},
    "events": {
        _rule: "DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets RemoveTargets "
        "TagResource UntagResource"
    },
    "iam": {
        _role: "CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy GetRole GetRolePolicy "
        "PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRole"
    },
    "scheduler": {
        _group: "CreateScheduleGroup DeleteScheduleGroup GetScheduleGroup ListTagsForResource TagResource "
        "UntagResource",
        _schedule: "CreateSchedule DeleteSchedule GetSchedule UpdateSchedule",
    },
    "sns": {
        _topic: "CreateTopic DeleteTopic GetTopicAttributes ListTagsForResource SetTopicAttributes Subscribe "
        "TagResource UntagResource",
        _anything: "GetSubscriptionAttributes Unsubscribe",
    },
    "sqs": {_queue: "CreateQueue DeleteQueue GetQueueAttributes ListQueueTags SetQueueAttributes TagQueue UntagQueue"},
}
_RESOURCES = {
    f"{service}:{operation}": resource
    for service, kinds in _OPERATIONS.items()
    for resource, operations in kinds.items()
    for operation in operations.split()
}

_TAGGING = {
    "events:PutRule": "events:TagResource",
    "iam:CreateRole": "iam:TagRole",
    "scheduler:CreateScheduleGroup": "scheduler:TagResource",
    "sns:CreateTopic": "sns:TagResource",
    "sqs:CreateQueue": "sqs:TagQueue",
}
"""What creating with tags needs besides (the API reference of each)."""


_CONTEXTS: Mapping[str, Callable[[Params], Mapping[str, list[str]]]] = {
    "events:PutRule": lambda params: {"events:source": json.loads(params["EventPattern"])["source"]},
    "events:PutTargets": lambda params: {"events:TargetArn": [target["Arn"] for target in params["Targets"]]},
}


def _context(action: str, params: Params) -> Mapping[str, list[str]]:
    if action.startswith("iam:") and "PermissionsBoundary" in params:
        return {"iam:PermissionsBoundary": [params["PermissionsBoundary"]]}
    return _CONTEXTS[action](params) if action in _CONTEXTS else {}
