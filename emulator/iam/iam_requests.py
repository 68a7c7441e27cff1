"""The IAM requests that AWS evaluates for a call of a function or a task: action, resource and condition keys.

Follows the Service Authorization Reference. Where the reference and AWS's own error messages differ, as for
ListSchedules and CreateLogStream, this module follows the messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import botocore.session
from moto.kms.models import kms_backends
from moto.secretsmanager.models import secretsmanager_backends

from aws_facts.arn import Arn
from aws_facts.function_name import FunctionName
from emulator.dynamodb import leading_keys
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request

if TYPE_CHECKING:
    from emulator.gateway.gateway import Call

Params = Mapping[str, Any]
Ask = Callable[["Call"], Iterator[Request]]

_DEFAULT_BUS = "default"
"""The bus whose name a rule's ARN does not have (EventBridge User Guide, resource ARNs)."""
_OTHER_PREFIXES = {"monitoring": "cloudwatch", "email": "ses"}


def about(call: Call) -> list[Request]:
    """Return the IAM requests for a call; all of them must be allowed.

    For an operation that this module does not list, the resources are unknown: a policy must allow it on all resources.
    """
    ask = _OPERATIONS.get(f"{call.service}:{call.operation}")
    return [Request(f"{_prefix(call.service)}:{call.operation}", "*")] if ask is None else list(ask(call))


def _prefix(service: str) -> str:
    """Return the prefix of a service's actions, which is mostly the service's signing name."""
    known: str = botocore.session.get_session().get_service_model(service).signing_name
    return _OTHER_PREFIXES.get(known, known)


def _arn(call: Call, service: str, name: str) -> str:
    return f"arn:{call.partition}:{service}:{call.region}:{call.account}:{name}"


def _completed(call: Call, service: str, prefix: str, name: str) -> str:
    """Return the ARN for a name, or the name itself when it is an ARN."""
    return name if name.startswith("arn:") else _arn(call, service, prefix + name)


def _nothing(_: Call) -> Iterator[Request]:
    yield from ()


def _on_items(call: Call, action: str, table: str, items: Iterable[Params]) -> Request:
    """Return the request for an action on items of a table, which are given whole or by their keys."""
    arn = _completed(call, "dynamodb", "table/", table)
    return Request(f"dynamodb:{action}", arn, leading_keys.of_items(call, table, items))


def _item(action: str) -> Ask:
    def ask(call: Call) -> Iterator[Request]:
        yield _on_items(call, action, call.params["TableName"], [_named(call.params)])

    return ask


def _named(of_item: Params) -> Params:
    """Return the item that a request writes, or the key of the item that it is about."""
    item: Params = of_item.get("Item") or of_item.get("Key") or {}
    return item


def _batch_get(call: Call) -> Iterator[Request]:
    for table, asked in call.params["RequestItems"].items():
        yield _on_items(call, "BatchGetItem", table, asked["Keys"])


def _batch_write(call: Call) -> Iterator[Request]:
    for table, writes in call.params["RequestItems"].items():
        items = [_named(of_item) for write in writes for of_item in write.values()]
        yield _on_items(call, "BatchWriteItem", table, items)


def _index(call: Call) -> str:
    """Return the ARN of the table, or of its index, that a Query or Scan reads."""
    table = _completed(call, "dynamodb", "table/", call.params["TableName"])
    index = call.params.get("IndexName")
    return f"{table}/index/{index}" if index else table


def _query(call: Call) -> Iterator[Request]:
    yield Request("dynamodb:Query", _index(call), leading_keys.of_query(call))


def _scan(call: Call) -> Iterator[Request]:
    yield Request("dynamodb:Scan", _index(call))


_IN_TRANSACTION = {
    "ConditionCheck": "ConditionCheckItem",
    "Delete": "DeleteItem",
    "Get": "GetItem",
    "Put": "PutItem",
    "Update": "UpdateItem",
}
"""The permission for each item of a transaction (DynamoDB Developer Guide, Using IAM with transactions)."""


def _transaction(call: Call) -> Iterator[Request]:
    for item in call.params["TransactItems"]:
        for kind, of_item in item.items():
            yield _on_items(call, _IN_TRANSACTION[kind], of_item["TableName"], [_named(of_item)])


def _publish(call: Call) -> Iterator[Request]:
    yield Request("sns:Publish", call.params.get("TopicArn") or call.params.get("TargetArn") or "*")


def _topic(action: str) -> Ask:
    return lambda call: iter([Request(f"sns:{action}", call.params["TopicArn"])])


def _table(action: str) -> Ask:
    return lambda call: iter(
        [Request(f"dynamodb:{action}", _completed(call, "dynamodb", "table/", call.params["TableName"]))]
    )


def _describe_alarms(call: Call) -> Iterator[Request]:
    # Whichever it names: "not authorized to perform: cloudwatch:DescribeAlarms on resource: ...:alarm:*".
    yield Request("cloudwatch:DescribeAlarms", _arn(call, "cloudwatch", "alarm:*"))


def _queue(action: str) -> Ask:
    def ask(call: Call) -> Iterator[Request]:
        name = call.params.get("QueueName") or call.params["QueueUrl"].rpartition("/")[2]
        yield Request(f"sqs:{action}", _arn(call, "sqs", name))

    return ask


def _cluster(call: Call) -> dict[str, str]:
    return {"ecs:cluster": _completed(call, "ecs", "cluster/", call.params.get("cluster") or "default")}


def _describe_tasks(call: Call) -> Iterator[Request]:
    context = _cluster(call)
    prefix = f"task/{context['ecs:cluster'].rpartition('/')[2]}/"
    for name in call.params["tasks"]:
        yield Request("ecs:DescribeTasks", _completed(call, "ecs", prefix, name), context)


def _list_tasks(call: Call) -> Iterator[Request]:
    yield Request("ecs:ListTasks", "*", _cluster(call))


def _schedule(action: str) -> Ask:
    def ask(call: Call) -> Iterator[Request]:
        name = f"schedule/{call.params.get('GroupName', 'default')}/{call.params['Name']}"
        yield Request(f"scheduler:{action}", _arn(call, "scheduler", name))

    return ask


def _written_schedule(action: str) -> Ask:
    def ask(call: Call) -> Iterator[Request]:
        yield from _schedule(action)(call)
        passed = {"iam:PassedToService": "scheduler.amazonaws.com"}
        yield Request("iam:PassRole", call.params["Target"]["RoleArn"], passed)

    return ask


def _role(action: str) -> Ask:
    """Return a function that yields the request on a role. A call names a role without its path, as IAM's calls do."""

    def ask(call: Call) -> Iterator[Request]:
        known = roles.every(call.account, call.partition)
        arn = next((role.arn for role in known if role.name == call.params["RoleName"]), "")
        unknown = f"arn:{call.partition}:iam::{call.account}:role/{call.params['RoleName']}"
        yield Request(f"iam:{action}", arn or unknown)

    return ask


def _list_schedules(call: Call) -> Iterator[Request]:
    yield Request("scheduler:ListSchedules", _arn(call, "scheduler", "schedule/*/*"))


def _rule(action: str, member: str) -> Ask:
    """Return a function that yields the request on the rule that a member names."""

    def ask(call: Call) -> Iterator[Request]:
        bus = call.params.get("EventBusName", _DEFAULT_BUS)
        name = call.params[member] if bus == _DEFAULT_BUS else f"{bus}/{call.params[member]}"
        yield Request(f"events:{action}", _arn(call, "events", f"rule/{name}"))

    return ask


def _function(action: str) -> Ask:
    """Return a function that yields the request on a function, or on the version or the alias that a call names.

    A permission for a function is none for its versions and aliases, nor the other way round (Lambda Developer Guide,
    Fine-tuning the Resources and Conditions sections of policies).
    """

    def ask(call: Call) -> Iterator[Request]:
        place = Arn(call.partition, "lambda", call.region, call.account, "")
        named = FunctionName.parse(call.params["FunctionName"], place)
        asked = replace(named, qualifier=named.qualifier or call.params.get("Qualifier"))
        yield Request(f"lambda:{action}", str(asked))

    return ask


def _assume_role(call: Call) -> Iterator[Request]:
    named: str = call.params["RoleArn"]
    yield Request("sts:AssumeRole", named if named.startswith("arn:") else "*")


def _describe_capacity_providers(call: Call) -> Iterator[Request]:
    for name in call.params.get("capacityProviders") or ["*"]:
        yield Request("ecs:DescribeCapacityProviders", _completed(call, "ecs", "capacity-provider/", name))


def _describe_clusters(call: Call) -> Iterator[Request]:
    for name in call.params.get("clusters") or ["default"]:
        yield Request("ecs:DescribeClusters", _completed(call, "ecs", "cluster/", name))


def _describe_services(call: Call) -> Iterator[Request]:
    context = _cluster(call)
    prefix = f"service/{context['ecs:cluster'].rpartition('/')[2]}/"
    for name in call.params["services"]:
        yield Request("ecs:DescribeServices", _completed(call, "ecs", prefix, name), context)


def _log_stream(action: str) -> Ask:
    def ask(call: Call) -> Iterator[Request]:
        group = call.params.get("logGroupName") or call.params["logGroupIdentifier"].rpartition("log-group:")[2]
        stream = call.params.get("logStreamName", "")
        yield Request(f"logs:{action}", _arn(call, "logs", f"log-group:{group}:log-stream:{stream}"))

    return ask


def _put_metric_data(call: Call) -> Iterator[Request]:
    yield Request("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": call.params["Namespace"]})


def _parameter(action: str, member: str) -> Ask:
    """Return a function that yields a request for each parameter, or for the path, that a member names."""

    def ask(call: Call) -> Iterator[Request]:
        named = call.params[member]
        for name in named if isinstance(named, list) else [named]:
            yield Request(f"ssm:{action}", _completed(call, "ssm", "parameter/", name.removeprefix("/")))

    return ask


def _repository(action: str) -> Ask:
    def ask(call: Call) -> Iterator[Request]:
        owner = call.params.get("registryId") or call.account
        name = f"repository/{call.params['repositoryName']}"
        yield Request(f"ecr:{action}", f"arn:{call.partition}:ecr:{call.region}:{owner}:{name}")

    return ask


def _secret(action: str) -> Ask:
    """Return a function that yields the request on a secret. Its ARN has random letters at the end, as AWS has it."""

    def ask(call: Call) -> Iterator[Request]:
        name: str = call.params["SecretId"]
        known = secretsmanager_backends[call.account][call.region].secrets.get(name)
        arn = _completed(call, "secretsmanager", "secret:", known.arn if known else name)
        keys = {f"secretsmanager:{key}": call.params[key] for key in _OF_VERSIONS if call.params.get(key)}
        yield Request(f"secretsmanager:{action}", arn, keys)

    return ask


_OF_VERSIONS = ("VersionId", "VersionStage")
"""The parameters about the version of a secret, which are condition keys as well."""


def _key(action: str) -> Ask:
    """Return a function that yields the request on a key. A call may name the key by an alias."""

    def ask(call: Call) -> Iterator[Request]:
        name: str = call.params["KeyId"]
        backend = kms_backends[call.account][call.region]
        alias = name.rpartition(":")[2]
        known = backend.get_key_id_from_alias(alias) if alias.startswith("alias/") else None
        yield Request(f"kms:{action}", _completed(call, "kms", "key/", known or name))

    return ask


def _simulation(call: Call) -> Iterator[Request]:
    yield Request("iam:SimulatePrincipalPolicy", call.params["PolicySourceArn"])


def _anything(action: str) -> Ask:
    return lambda _: iter([Request(action, "*")])


_OPERATIONS: Mapping[str, Ask] = {
    "cloudwatch:DescribeAlarms": _describe_alarms,
    "cloudwatch:PutMetricData": _put_metric_data,
    "dynamodb:BatchGetItem": _batch_get,
    "dynamodb:BatchWriteItem": _batch_write,
    "dynamodb:DeleteItem": _item("DeleteItem"),
    "dynamodb:DescribeTable": _table("DescribeTable"),
    "dynamodb:DescribeTimeToLive": _table("DescribeTimeToLive"),
    "dynamodb:GetItem": _item("GetItem"),
    "dynamodb:PutItem": _item("PutItem"),
    "dynamodb:Query": _query,
    "dynamodb:Scan": _scan,
    "dynamodb:TransactGetItems": _transaction,
    "dynamodb:TransactWriteItems": _transaction,
    "dynamodb:UpdateItem": _item("UpdateItem"),
    "ecr:BatchGetImage": _repository("BatchGetImage"),
    "ecr:GetDownloadUrlForLayer": _repository("GetDownloadUrlForLayer"),
    "ecr:GetRepositoryPolicy": _repository("GetRepositoryPolicy"),
    "ecs:DescribeCapacityProviders": _describe_capacity_providers,
    "ecs:DescribeClusters": _describe_clusters,
    "ecs:DescribeServices": _describe_services,
    "ecs:DescribeTaskDefinition": _anything("ecs:DescribeTaskDefinition"),
    "ecs:DescribeTasks": _describe_tasks,
    "ecs:ListTasks": _list_tasks,
    "ecs:RunTask": _nothing,  # this and the next are authorized by ecs/tasks.py, which knows the revision and the task
    "ecs:StopTask": _nothing,
    "events:DescribeRule": _rule("DescribeRule", "Name"),
    "events:ListTargetsByRule": _rule("ListTargetsByRule", "Rule"),
    "lambda:GetAlias": _function("GetAlias"),
    "lambda:GetFunction": _function("GetFunction"),
    "lambda:GetFunctionConcurrency": _function("GetFunctionConcurrency"),
    "lambda:GetFunctionEventInvokeConfig": _function("GetFunctionEventInvokeConfig"),
    "lambda:GetFunctionUrlConfig": _function("GetFunctionUrlConfig"),
    "lambda:GetPolicy": _function("GetPolicy"),
    "lambda:Invoke": _function("InvokeFunction"),
    "iam:GetRole": _role("GetRole"),
    "iam:GetRolePolicy": _role("GetRolePolicy"),
    "iam:ListRolePolicies": _role("ListRolePolicies"),
    "iam:SimulatePrincipalPolicy": _simulation,
    "kms:DescribeKey": _key("DescribeKey"),
    "kms:GetKeyPolicy": _key("GetKeyPolicy"),
    "lambda:GetFunctionConfiguration": _function("GetFunctionConfiguration"),
    "logs:CreateLogStream": _log_stream("CreateLogStream"),
    "logs:FilterLogEvents": _log_stream("FilterLogEvents"),
    "logs:GetLogEvents": _log_stream("GetLogEvents"),
    "logs:PutLogEvents": _log_stream("PutLogEvents"),
    "scheduler:CreateSchedule": _written_schedule("CreateSchedule"),
    "scheduler:GetSchedule": _schedule("GetSchedule"),
    "scheduler:ListSchedules": _list_schedules,
    "scheduler:UpdateSchedule": _written_schedule("UpdateSchedule"),
    "sns:GetTopicAttributes": _topic("GetTopicAttributes"),
    "sns:ListSubscriptionsByTopic": _topic("ListSubscriptionsByTopic"),
    "secretsmanager:DescribeSecret": _secret("DescribeSecret"),
    "secretsmanager:GetResourcePolicy": _secret("GetResourcePolicy"),
    "secretsmanager:GetSecretValue": _secret("GetSecretValue"),
    "sns:Publish": _publish,
    "sns:PublishBatch": _publish,
    "sqs:ChangeMessageVisibility": _queue("ChangeMessageVisibility"),
    "sqs:ChangeMessageVisibilityBatch": _queue("ChangeMessageVisibility"),
    "sqs:DeleteMessage": _queue("DeleteMessage"),
    "sqs:DeleteMessageBatch": _queue("DeleteMessage"),
    "sqs:GetQueueAttributes": _queue("GetQueueAttributes"),
    "sqs:GetQueueUrl": _queue("GetQueueUrl"),
    "sqs:ReceiveMessage": _queue("ReceiveMessage"),
    "sqs:SendMessage": _queue("SendMessage"),
    "sqs:SendMessageBatch": _queue("SendMessage"),
    "ssm:DeleteParameter": _parameter("DeleteParameter", "Name"),
    "ssm:GetParameter": _parameter("GetParameter", "Name"),
    "ssm:GetParameters": _parameter("GetParameters", "Names"),
    "ssm:GetParametersByPath": _parameter("GetParametersByPath", "Path"),
    "ssm:PutParameter": _parameter("PutParameter", "Name"),
    "sts:AssumeRole": _assume_role,
    "sts:GetCallerIdentity": _nothing,
}
