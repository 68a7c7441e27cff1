"""A function may do only what its role's policies allow, and never waits for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest

from tests.processes.emulator.events.test_bus import TOPIC, permit
from tests.processes.emulator.world import (
    ACCOUNT,
    DEAD,
    LOGGING,
    REGION,
    TASK_ROLE,
    WATCH,
    WATCH_ROLE,
    client,
    client_as,
    document,
    refusal,
)

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

TABLE = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/ledger"
CALL = """
import boto3
clients = {}
def handle(event, context):
    service, operation, params = event
    client = clients.setdefault(service, None) or boto3.client(service)
    clients[service] = client
    answer = getattr(client, operation)(**params)
    return answer["ResponseMetadata"]["HTTPStatusCode"]
"""
KEY = {"pk": {"S": "a"}}


def create_ledger() -> None:
    """Create a table with one key."""
    client("dynamodb").create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture
def calling(reachable: World) -> World:
    """Return an account with a table, a topic, and a function that makes the calls in its event."""
    create_ledger()
    client("sns").create_topic(Name="alerts")
    reachable.deploy(CALL)
    return reachable


def allow(world: World, action: str, resource: str) -> None:
    """Let the function perform these actions, and write its log."""
    world.allow_watch(LOGGING, {"Effect": "Allow", "Action": action, "Resource": resource})


CALLS: dict[str, tuple[list[Any], str, str, str]] = {
    "dynamodb": (
        ["dynamodb", "put_item", {"TableName": "ledger", "Item": KEY}],
        "dynamodb:PutItem",
        TABLE,
        "AccessDeniedException",
    ),
    "sns": (["sns", "publish", {"TopicArn": TOPIC, "Message": "m"}], "sns:Publish", TOPIC, "AuthorizationError"),
    "sqs": (
        ["sqs", "send_message", {"QueueUrl": f"http://127.0.0.1/{ACCOUNT}/dead", "MessageBody": "m"}],
        "sqs:SendMessage",
        DEAD,
        "AccessDenied",
    ),
    "cloudwatch": (
        ["cloudwatch", "put_metric_data", {"Namespace": "Jobs", "MetricData": [{"MetricName": "m", "Value": 1}]}],
        "cloudwatch:PutMetricData",
        "*",
        "AccessDenied",
    ),
    "ecs": (["ecs", "list_tasks", {"cluster": "main"}], "ecs:ListTasks", "*", "AccessDeniedException"),
    "logs": (
        ["logs", "create_log_stream", {"logGroupName": "/app", "logStreamName": "s"}],
        "logs:CreateLogStream",
        f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/app:log-stream:s",
        "AccessDeniedException",
    ),
    "scheduler": (
        ["scheduler", "list_schedules", {}],
        "scheduler:ListSchedules",
        f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/*/*",
        "AccessDeniedException",
    ),
    "ssm": (
        ["ssm", "get_parameters_by_path", {"Path": "/jobs/holds"}],
        "ssm:GetParametersByPath",
        f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/jobs/holds",
        "AccessDeniedException",
    ),
}


@pytest.mark.parametrize(("call", "action", "resource", "code"), CALLS.values(), ids=CALLS)
def test_allowed_or_refused(calling: World, call: list[Any], action: str, resource: str, code: str) -> None:
    """A call is refused in its service's own form with the caller and the action, until the role allows that action."""
    refused = calling.invoke(call).error
    assert refused is not None
    said = f"User: {WATCH_ROLE} is not authorized to perform: {action} on resource: {resource} because "
    assert f"({code})" in refused["errorMessage"]
    assert said in refused["errorMessage"]
    allow(calling, action, resource)
    assert calling.invoke(call).result == 200


DENYING: dict[str, tuple[dict[str, Any], bool]] = {
    "requests without TLS": ({"Condition": {"Bool": {"aws:SecureTransport": "false"}}}, False),
    "requests over TLS": ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
    "the role": ({"Principal": {"AWS": WATCH_ROLE}}, True),
    "another role": ({"Principal": {"AWS": f"{WATCH_ROLE}-2"}}, False),
    "what is not known": ({"Condition": {"NumericEquals": {"aws:SecureTransport": "1"}}}, True),
}


@pytest.mark.parametrize("service", ["sns", "sqs"])
@pytest.mark.parametrize(("changes", "refuses"), DENYING.values(), ids=DENYING)
def test_denied_by_the_resource(calling: World, service: str, changes: dict[str, Any], refuses: bool) -> None:  # noqa: FBT001 - a table's column
    """What the policy of a topic or queue denies is refused, whatever the role's own policies allow."""
    call, action, resource, _ = CALLS[service]
    allow(calling, action, resource)
    denied = document({"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource, **changes})
    if service == "sns":
        client("sns").set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=denied)
    else:
        url = client("sqs").get_queue_url(QueueName="dead")["QueueUrl"]
        client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": denied})
    reply = calling.invoke(call)
    assert (reply.error is not None) == refuses
    assert reply.error is None or f"is not authorized to perform: {action}" in reply.error["errorMessage"]


def test_every_item_of_a_transaction(calling: World) -> None:
    """A transaction needs the permission of each of its items."""
    put, check = {"TableName": "ledger", "Item": KEY}, {"TableName": "ledger", "Key": {"pk": {"S": "b"}}}
    items = [{"Put": put}, {"ConditionCheck": {**check, "ConditionExpression": "attribute_not_exists(pk)"}}]
    call = ["dynamodb", "transact_write_items", {"TransactItems": items}]
    allow(calling, "dynamodb:PutItem", TABLE)
    refused = calling.invoke(call).error
    assert refused is not None
    assert "dynamodb:ConditionCheckItem" in refused["errorMessage"]
    statement = {"Effect": "Allow", "Action": ["dynamodb:PutItem", "dynamodb:ConditionCheckItem"], "Resource": TABLE}
    calling.allow_watch(LOGGING, statement)
    assert calling.invoke(call).result == 200


DENIED = {
    "Effect": "Deny",
    "Action": ["dynamodb:*Item", "dynamodb:Query"],
    "Resource": TABLE,
    "Condition": {"ForAnyValue:StringEquals": {"dynamodb:LeadingKeys": ["jobs", "holds"]}},
}


def on_items(key: str) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return a call of each operation on items, by the action that is denied; the calls are about `key` and `b`."""
    table, item, other = "ledger", {"pk": {"S": key}}, {"pk": {"S": "b"}}
    named = {"TableName": table, "Key": item}
    update = {**named, "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"N": "1"}}}
    check = {**named, "ConditionExpression": "attribute_not_exists(nothing)"}
    puts = [{"PutRequest": {"Item": other}}, {"PutRequest": {"Item": item}}]
    query = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": key}}}
    first = {"Put": {"TableName": table, "Item": other}}
    return {
        "GetItem": ("get_item", named),
        "BatchGetItem": ("batch_get_item", {"RequestItems": {table: {"Keys": [other, item]}}}),
        "Query": ("query", {"TableName": table, **query}),
        "PutItem": ("put_item", {"TableName": table, "Item": item}),
        "UpdateItem": ("update_item", update),
        "DeleteItem": ("delete_item", named),
        "BatchWriteItem": ("batch_write_item", {"RequestItems": {table: puts}}),
        "GetItem of a transaction": ("transact_get_items", {"TransactItems": [{"Get": named}]}),
        "PutItem of a transaction": (
            "transact_write_items",
            {"TransactItems": [first, {"Put": {"TableName": table, "Item": item}}]},
        ),
        "UpdateItem of a transaction": ("transact_write_items", {"TransactItems": [first, {"Update": update}]}),
        "DeleteItem of a transaction": ("transact_write_items", {"TransactItems": [first, {"Delete": named}]}),
        "ConditionCheckItem of a transaction": (
            "transact_write_items",
            {"TransactItems": [first, {"ConditionCheck": check}]},
        ),
    }


@pytest.mark.parametrize("name", on_items(""))
def test_denied_leading_keys(world: World, name: str) -> None:
    """A role that is denied some partition keys can use the others; a call that names both is refused whole."""
    create_ledger()
    world.allow_watch({"Effect": "Allow", "Action": DENIED["Action"], "Resource": TABLE}, DENIED)
    role = world.aws.identities.credentials(WATCH_ROLE)
    dynamodb = boto3.client(
        "dynamodb",
        region_name=REGION,
        aws_access_key_id=role.access_key,
        aws_secret_access_key=role.secret_key,
    )
    operation, request = on_items("jobs")[name]

    code, message = refusal(lambda: getattr(dynamodb, operation)(**request))

    assert code == "AccessDeniedException"
    assert f"dynamodb:{name.removesuffix(' of a transaction')} on resource: {TABLE} because" in message
    assert "explicitly denied" in message
    assert client("dynamodb").scan(TableName="ledger")["Items"] == []
    operation, request = on_items("ticks")[name]
    assert getattr(dynamodb, operation)(**request)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_unknown_call(calling: World) -> None:
    """A call whose resources are unknown to the sandbox must be allowed on all resources."""
    allow(calling, "ecs:ListClusters", f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/main")
    refused = calling.invoke(["ecs", "list_clusters", {}]).error
    assert refused is not None
    assert "is not authorized to perform: ecs:ListClusters on resource: *" in refused["errorMessage"]
    allow(calling, "ecs:ListClusters", "*")
    assert calling.invoke(["ecs", "list_clusters", {}]).result == 200


def test_other_callers(calling: World) -> None:
    """The function's role does not restrict a caller with other credentials."""
    calling.invoke(["sts", "get_caller_identity", {}])
    assert client("dynamodb").put_item(TableName="ledger", Item=KEY)["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_it_calls_what_invokes_it(calling: World) -> None:
    """A function that publishes a message which invokes it again is invoked after it is done, without a deadlock."""
    allow(calling, "sns:Publish", TOPIC)
    client("lambda").delete_function(FunctionName="watch")
    calling.deploy(
        "import boto3\n"
        "topic = boto3.client('sns')\n"
        "def handle(event, context):\n"
        "    again = 'Records' not in event\n"
        f"    again and topic.publish(TopicArn='{TOPIC}', Message='m')\n"
        "    print('first' if again else 'second')\n",
        Timeout=5,
    )
    client("sns").subscribe(TopicArn=TOPIC, Protocol="lambda", Endpoint=WATCH)
    permit(TOPIC, "sns.amazonaws.com")
    assert calling.invoke({}).error is None
    assert calling.log() == ["first", "second"]


def test_the_code_of_a_function_can_be_denied_what_lambda_may(calling: World) -> None:
    """Its calls tell which function makes them; others with the same role do not."""
    item: dict[str, Any] = {"TableName": "ledger", "Item": KEY}
    allowed = {"Effect": "Allow", "Action": "dynamodb:PutItem", "Resource": TABLE}
    for function, denied in ((WATCH, True), (f"{WATCH}-other", False)):
        condition = {"ArnEquals": {"lambda:SourceFunctionArn": function}}
        calling.allow_watch(LOGGING, allowed, {**allowed, "Effect": "Deny", "Condition": condition})
        refused = calling.invoke(["dynamodb", "put_item", item]).error
        assert (refused is not None) == denied
        keys = calling.aws.identities.credentials(WATCH_ROLE)
        client_as(keys, "dynamodb").put_item(**item)


CLAIM = {"TableName": "ledger", "Key": KEY, "UpdateExpression": "REMOVE lease"}
OF_SERVICES: dict[str, tuple[str, str, dict[str, Any], str, str]] = {
    "read a claim": ("dynamodb", "get_item", {"TableName": "ledger", "Key": KEY}, "dynamodb:GetItem", TABLE),
    "write a claim": ("dynamodb", "update_item", CLAIM, "dynamodb:UpdateItem", TABLE),
    "tell the watch": (
        "lambda",
        "invoke",
        {"FunctionName": "watch", "InvocationType": "DryRun"},
        "lambda:InvokeFunction",
        WATCH,
    ),
}


@pytest.mark.parametrize(
    ("service", "operation", "params", "action", "resource"), OF_SERVICES.values(), ids=OF_SERVICES
)
def test_a_container_of_a_service_may_do_what_its_role_allows(
    calling: World, service: str, operation: str, params: dict[str, Any], action: str, resource: str
) -> None:
    """Each container has keys of its own."""
    keys = [calling.aws.identities.service_credentials(TASK_ROLE) for _ in range(2)]
    assert keys[0].access_key != keys[1].access_key
    for one in keys:
        call = getattr(client_as(one, service), operation)
        for allowed in (f"{resource}-other", resource):
            statement = {"Effect": "Allow", "Action": action, "Resource": allowed}
            client("iam").put_role_policy(RoleName="task", PolicyName="p", PolicyDocument=document(statement))
            if allowed == resource:
                call(**params)
            else:
                code, message = refusal(lambda: call(**params))  # noqa: B023 - it is called here
                assert code == "AccessDeniedException"
                assert f"not authorized to perform: {action} on resource: {resource}" in message
