"""What AWS asks IAM about a recorded call: action, resource and condition keys (Service Authorization Reference)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from emulator.iam.policy_evaluation import Request
from watch.table import KEY

if TYPE_CHECKING:
    from emulator.gateway.gateway import Call

Params = Mapping[str, Any]

_OF_A_ROLE = ("Path", "PermissionsBoundary")
"""What IAM knows of a role, and calls on the role do not repeat."""

NEEDS_NONE = {"sts:GetCallerIdentity"}
"""AWS answers these whatever the policies say (STS API reference)."""


class Questions:
    """Turns calls into what IAM is asked about them. Remembers what later calls do not repeat."""

    def __init__(self) -> None:
        """Begin with no role and no event source mapping."""
        self._roles: dict[str, dict[str, Any]] = {}
        self._mapped: dict[str, str] = {}
        self._just_mapped: list[str] = []
        self._keys: dict[str, str | None] = {}
        self._groups: dict[str, dict[str, str]] = {}
        self._just_made: list[dict[str, str]] = []

    def about(self, calls: Iterable[Call]) -> list[Request]:
        """Give all that IAM is asked about `calls`, in their order.

        KeyError names an operation that the tables below do not know, or a role that was made before the first call.
        """
        return [
            request
            for call in calls
            for request in _requests(
                call,
                {**call.params, **self._role(call), **self._mapping(call), **self._key(call), **self._group(call)},
            )
        ]

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

    def _mapping(self, call: Call) -> dict[str, str]:
        """Give the function of an event source mapping; calls name the mapping by an id that only answers tell."""
        if not call.operation.endswith("EventSourceMapping"):
            return {}
        key = call.params.get("UUID")
        if "FunctionName" in call.params:
            arn = _resource(call, _function(call.params))
        elif key in self._mapped:
            arn = self._mapped[key]
        else:
            arn = self._just_mapped.pop(0)  # each is read as soon as it is made
        if key is None:
            self._just_mapped.append(arn)
        else:
            self._mapped[key] = arn
        return {"FunctionArn": arn}

    def _key(self, call: Call) -> dict[str, str | None]:
        """Give the key of a table; only the call that chooses it names it. A key is in use until it is replaced."""
        if call.service != "dynamodb" or "TableName" not in call.params:
            return {}
        table, chosen = call.params["TableName"], call.params.get("SSESpecification", {})
        before = self._keys.get(table)
        if chosen:
            self._keys[table] = chosen.get("KMSMasterKeyId")
        return {"TableKey": self._keys.get(table) or before if chosen else before}

    def _group(self, call: Call) -> dict[str, dict[str, str]]:
        """Give the tags of a security group, which conditions ask for. Its id is only in the answer to its creation."""
        if call.operation == "CreateSecurityGroup":
            self._just_made.append(_new_tags(call.params))
            return {"GroupTags": self._just_made[-1]}
        name = next(iter(call.params.get("GroupIds") or call.params.get("Resources") or [call.params.get("GroupId")]))
        if name is None or not name.startswith("sg-"):
            return {}
        if name not in self._groups:
            self._groups[name] = self._just_made.pop(0) if self._just_made else {}  # each is read as soon as it is made
        before = self._groups[name]
        if call.operation == "CreateTags":
            self._groups[name] = {**before, **_tags(call.params["Tags"])}
        elif call.operation == "DeleteTags":
            gone = _tags(call.params["Tags"])
            self._groups[name] = {key: value for key, value in before.items() if key not in gone}
        return {"GroupTags": before}


def _new_tags(params: Params) -> dict[str, str]:
    return {key: value for one in params.get("TagSpecifications", []) for key, value in _tags(one["Tags"]).items()}


def _tags(listed: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in listed}


def _requests(call: Call, params: Params) -> list[Request]:
    action = f"{call.service}:{call.operation}"
    if action in NEEDS_NONE:
        return []
    resource = _resource(call, _RESOURCES[action](params))
    asked = [Request(action, resource, _context(action, params))]
    if action in _TAGGING and params.get("Tags", params.get("tags")):
        tagged = _TAGGED[action](params) if action in _TAGGED else resource
        asked.append(Request(_TAGGING[action], _resource(call, tagged)))
    if action in {"scheduler:CreateSchedule", "scheduler:UpdateSchedule"}:
        passed = {"iam:PassedToService": "scheduler.amazonaws.com"}
        asked.append(Request("iam:PassRole", params["Target"]["RoleArn"], passed))
    if action in {"lambda:CreateFunction", "lambda:UpdateFunctionConfiguration"} and "Role" in params:
        asked.append(Request("iam:PassRole", params["Role"], {"iam:PassedToService": "lambda.amazonaws.com"}))
    if action in {"lambda:CreateFunction", "lambda:UpdateFunctionConfiguration"} and params.get("VpcConfig"):
        asked += [Request(f"ec2:{each}", "*") for each in _OF_A_NETWORK]
    if action == "ec2:CreateSecurityGroup":
        asked.append(Request(action, _resource(call, f"vpc/{params['VpcId']}")))
        asked.append(Request("ec2:CreateTags", resource, {"ec2:CreateAction": call.operation}))
    if action == "ecs:RegisterTaskDefinition":
        passed = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
        roles = [params[kind] for kind in ("executionRoleArn", "taskRoleArn") if params.get(kind)]
        asked += [Request("iam:PassRole", role, passed) for role in roles]
    if params.get("TableKey"):
        wanted = _OF_A_TABLE_S_KEY if "SSESpecification" in params else _OF_AN_ITEM_S_KEY.get(action, ())
        via = {"kms:ViaService": f"dynamodb.{call.region}.amazonaws.com"}
        asked += [Request(each, params["TableKey"], via) for each in wanted]
    if action == "scheduler:DeleteScheduleGroup":
        asked.append(Request("scheduler:DeleteSchedule", _resource(call, f"schedule/{params['Name']}/any")))
    return asked


_OF_A_NETWORK = ("DescribeSecurityGroups", "DescribeSubnets", "DescribeVpcs")
"""What whoever puts a function into a VPC must be allowed (Lambda Developer Guide, "Required IAM permissions")."""
_OF_A_TABLE_S_KEY = (
    *("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"),
    *("kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
)
"""What whoever chooses a table's key must be allowed (DynamoDB Developer Guide, encryption at rest usage notes)."""
_OF_AN_ITEM_S_KEY = {f"dynamodb:{verb}Item": ("kms:Decrypt",) for verb in ("Delete", "Get", "Put", "Update")}
"""What DynamoDB asks of a table's key on behalf of whoever uses its items (the same page)."""


def _resource(call: Call, name: str) -> str:
    """Complete what is not an ARN yet."""
    region = "" if call.service == "iam" or name.startswith("dashboard/") else call.region
    whole = name == "*" or name.startswith("arn:")
    return name if whole else f"arn:{call.partition}:{call.service}:{region}:{call.account}:{name}"


def _anything(params: Params) -> str:
    del params
    return "*"


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _cluster(params: Params) -> str:
    return f"cluster/{_last(params['clusters'][0])}"


def _one_cluster(params: Params) -> str:
    return f"cluster/{_last(params.get('clusterName') or params['cluster'])}"


def _security_group(params: Params) -> str:
    # One that is to be made has no id yet.
    return f"security-group/{params.get('GroupId') or next(iter(params.get('Resources', ['new'])))}"


def _capacity_provider(params: Params) -> str:
    return f"capacity-provider/{_last(params['capacityProviders'][0])}"


def _service(params: Params) -> str:
    return f"service/{_last(params['cluster'])}/{_last(params['services'][0])}"


def _family(params: Params) -> str:
    # The reference names the task definition; the revision that is registered has no number yet.
    return str(params.get("resourceArn") or f"task-definition/{params['family']}:*")


def _repository(params: Params) -> str:
    names = params.get("repositoryNames") or [params.get("repositoryName")]
    return str(params.get("resourceArn") or f"repository/{names[0]}")


def _rule(params: Params) -> str:
    return str(params.get("ResourceARN") or f"rule/{params.get('Rule') or params['Name']}")


def _policy(params: Params) -> str:
    return str(params["PolicyArn"])


def _kms_key(params: Params) -> str:
    return str(params["KeyId"])


def _secret(params: Params) -> str:
    # A name is authorized as the ARN of the secret that has it.
    named = str(params["SecretId"])
    return named if named.startswith("arn:") else f"secret:{named}-AbCdEf"


def _role(params: Params) -> str:
    return f"role{params['Path']}{params['RoleName']}"


def _simulated(params: Params) -> str:
    return str(params["PolicySourceArn"])


def _schedule(params: Params) -> str:
    return f"schedule/{params['GroupName']}/{params['Name']}"


def _group(params: Params) -> str:
    return str(params.get("ResourceArn") or f"schedule-group/{params['Name']}")


def _topic(params: Params) -> str:
    return str(params.get("TopicArn") or params.get("ResourceArn") or params["Name"])


def _queue(params: Params) -> str:
    return str(params.get("QueueName") or _last(params["QueueUrl"]))


def _alarm(params: Params) -> str:
    return str(params.get("ResourceARN") or f"alarm:{params.get('AlarmName') or params['AlarmNames'][0]}")


def _every_alarm(params: Params) -> str:
    # Whichever it names: "not authorized to perform: cloudwatch:DescribeAlarms on resource: ...:alarm:*".
    del params
    return "alarm:*"


def _dashboard(params: Params) -> str:
    return f"dashboard/{params.get('DashboardName') or params['DashboardNames'][0]}"


def _table(params: Params) -> str:
    return str(params.get("ResourceArn") or f"table/{params['TableName']}")


def _function(params: Params) -> str:
    named = str(params.get("Resource") or params["FunctionName"])
    return named if named.startswith("arn:") else f"function:{named}"


def _parameters(params: Params) -> str:
    return f"parameter{params['Path']}"


def _mapping(params: Params) -> str:
    return f"event-source-mapping:{params['UUID']}"


def _log_group(params: Params) -> str:
    # It has two ARNs: one for the calls that take an ARN, one for the others (LogGroup, API reference).
    return str(params.get("resourceArn") or f"log-group:{params['logGroupName']}:log-stream:")


def _every_log_group(params: Params) -> str:
    del params
    return "log-group::log-stream:"


_OPERATIONS: Mapping[str, Mapping[Callable[[Params], str], str]] = {
    "cloudwatch": {
        _alarm: "DeleteAlarms ListTagsForResource PutMetricAlarm TagResource UntagResource",
        _every_alarm: "DescribeAlarms",
        _dashboard: "DeleteDashboards GetDashboard PutDashboard",
    },
    "dynamodb": {
        _table: "CreateTable DeleteItem DeleteTable DescribeContinuousBackups DescribeTable DescribeTimeToLive GetItem "
        "ListTagsOfResource PutItem TagResource UntagResource UpdateContinuousBackups UpdateItem UpdateTable "
        "UpdateTimeToLive"
    },
    "ec2": {
        _anything: "DescribeNetworkInterfaces DescribeSecurityGroups DescribeSubnets",
        _security_group: "AuthorizeSecurityGroupEgress CreateSecurityGroup CreateTags DeleteSecurityGroup DeleteTags "
        "RevokeSecurityGroupEgress",
    },
    "ecr": {
        _repository: "BatchCheckLayerAvailability BatchGetImage CompleteLayerUpload CreateRepository "
        "DeleteLifecyclePolicy DeleteRepository DescribeImages DescribeRepositories GetDownloadUrlForLayer "
        "GetLifecyclePolicy InitiateLayerUpload ListTagsForResource PutImage PutLifecyclePolicy TagResource "
        "UntagResource UploadLayerPart",
        _anything: "GetAuthorizationToken",
    },
    "ecs": {
        _capacity_provider: "DescribeCapacityProviders",
        _cluster: "DescribeClusters",
        _one_cluster: "CreateCluster DeleteCluster PutClusterCapacityProviders UpdateCluster",
        _service: "DescribeServices",
        _family: "RegisterTaskDefinition TagResource UntagResource",
        _anything: "DeregisterTaskDefinition DescribeTaskDefinition",
    },
    "events": {
        _rule: "DeleteRule DescribeRule ListTagsForResource ListTargetsByRule PutRule PutTargets RemoveTargets "
        "TagResource UntagResource"
    },
    "iam": {
        _role: "CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy GetRole GetRolePolicy "
        "PutRolePermissionsBoundary PutRolePolicy TagRole UntagRole UpdateAssumeRolePolicy UpdateRoleDescription",
        _policy: "GetPolicy GetPolicyVersion",
        _simulated: "SimulatePrincipalPolicy",
    },
    "kms": {_kms_key: "DescribeKey"},
    "lambda": {
        _function: "AddPermission CreateFunction DeleteFunction DeleteFunctionConcurrency "
        "DeleteFunctionEventInvokeConfig GetFunction GetFunctionCodeSigningConfig GetFunctionEventInvokeConfig "
        "GetPolicy ListTags ListVersionsByFunction PublishVersion PutFunctionConcurrency "
        "CreateAlias DeleteAlias GetAlias UpdateAlias "
        "CreateFunctionUrlConfig DeleteFunctionUrlConfig GetFunctionUrlConfig "
        "PutFunctionEventInvokeConfig RemovePermission TagResource UntagResource UpdateFunctionCode "
        "UpdateFunctionConfiguration",
        _mapping: "DeleteEventSourceMapping GetEventSourceMapping UpdateEventSourceMapping",
        _anything: "CreateEventSourceMapping",
    },
    "logs": {
        _log_group: "AssociateKmsKey CreateLogGroup DeleteLogGroup DeleteRetentionPolicy DisassociateKmsKey "
        "ListTagsForResource PutRetentionPolicy TagResource UntagResource",
        _every_log_group: "DescribeLogGroups",
    },
    "scheduler": {
        _group: "CreateScheduleGroup DeleteScheduleGroup GetScheduleGroup ListTagsForResource TagResource "
        "UntagResource",
        _schedule: "CreateSchedule DeleteSchedule GetSchedule UpdateSchedule",
    },
    "secretsmanager": {_secret: "DescribeSecret GetResourcePolicy"},
    "sns": {
        _topic: "CreateTopic DeleteTopic GetTopicAttributes ListSubscriptionsByTopic ListTagsForResource "
        "SetTopicAttributes Subscribe TagResource UntagResource",
        _anything: "GetSubscriptionAttributes ListTopics SetSubscriptionAttributes Unsubscribe",
    },
    "sqs": {
        _queue: "CreateQueue DeleteQueue GetQueueAttributes GetQueueUrl ListQueueTags SetQueueAttributes TagQueue "
        "UntagQueue"
    },
    "ssm": {_parameters: "GetParametersByPath"},
}
_RESOURCES = {
    f"{service}:{operation}": resource
    for service, kinds in _OPERATIONS.items()
    for resource, operations in kinds.items()
    for operation in operations.split()
}

_TAGGING = {
    "cloudwatch:PutMetricAlarm": "cloudwatch:TagResource",
    "dynamodb:CreateTable": "dynamodb:TagResource",
    "ecs:CreateCluster": "ecs:TagResource",
    "ecr:CreateRepository": "ecr:TagResource",
    "ecs:RegisterTaskDefinition": "ecs:TagResource",
    "events:PutRule": "events:TagResource",
    "iam:CreateRole": "iam:TagRole",
    "lambda:CreateEventSourceMapping": "lambda:TagResource",
    "lambda:CreateFunction": "lambda:TagResource",
    "logs:CreateLogGroup": "logs:TagResource",
    "scheduler:CreateScheduleGroup": "scheduler:TagResource",
    "sns:CreateTopic": "sns:TagResource",
    "sqs:CreateQueue": "sqs:TagQueue",
}
"""What creating with tags needs besides (the API reference of each)."""

_TAGGED: Mapping[str, Callable[[Params], str]] = {
    "lambda:CreateEventSourceMapping": lambda _: "event-source-mapping:*",
    "logs:CreateLogGroup": lambda params: f"log-group:{params['logGroupName']}",
}
"""What is tagged on creation where that is not what the creation asks about."""


def _sources(params: Params) -> Mapping[str, list[str]]:
    pattern = json.loads(params.get("EventPattern", "{}"))
    return {"events:source": pattern["source"]} if "source" in pattern else {}


def _alarm_actions(params: Params) -> Mapping[str, list[str]]:
    return {"cloudwatch:AlarmActions": params["AlarmActions"]} if params.get("AlarmActions") else {}


def _tags_of_new(params: Params) -> Mapping[str, list[str]]:
    return {f"aws:RequestTag/{key}": [value] for key, value in params["GroupTags"].items()}


def _tags_of_group(params: Params) -> Mapping[str, list[str]]:
    return {f"aws:ResourceTag/{key}": [value] for key, value in params["GroupTags"].items()}


def _mapped_function(params: Params) -> Mapping[str, list[str]]:
    return {"lambda:FunctionArn": [params["FunctionArn"]]}


def _leading_key(params: Params) -> Mapping[str, list[str]]:
    # A call does not say which attribute is the partition key; the ledger's is known, and comes first elsewhere.
    attributes = params.get("Item") or params["Key"]
    value = attributes.get(KEY) or next(iter(attributes.values()))
    return {"dynamodb:LeadingKeys": list(value.values())}


_ON_A_GROUP = (
    *("ec2:AuthorizeSecurityGroupEgress", "ec2:DeleteSecurityGroup", "ec2:RevokeSecurityGroupEgress"),
    *("ec2:CreateTags", "ec2:DeleteTags"),
)
_CONTEXTS: Mapping[str, Callable[[Params], Mapping[str, list[str]]]] = {
    "cloudwatch:PutMetricAlarm": _alarm_actions,
    **{f"dynamodb:{verb}Item": _leading_key for verb in ("Delete", "Get", "Put", "Update")},
    "ec2:CreateSecurityGroup": _tags_of_new,
    **dict.fromkeys(_ON_A_GROUP, _tags_of_group),
    "events:PutRule": _sources,
    "events:PutTargets": lambda params: {"events:TargetArn": [target["Arn"] for target in params["Targets"]]},
    "lambda:AddPermission": lambda params: {"lambda:Principal": [params["Principal"]]},
    **{f"lambda:{verb}EventSourceMapping": _mapped_function for verb in ("Create", "Delete", "Get", "Update")},
}


def _context(action: str, params: Params) -> Mapping[str, list[str]]:
    if action.startswith("iam:") and "PermissionsBoundary" in params:
        return {"iam:PermissionsBoundary": [params["PermissionsBoundary"]]}
    return _CONTEXTS[action](params) if action in _CONTEXTS else {}
