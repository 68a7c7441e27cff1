"""Tests that the boundary and the endpoints that config names are looked up in the account."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

import placements
import settings
from emulator import chosen_ids
from tests.components.embedded import ACCOUNT, REGION
from tests.components.placing import EXPLICIT, deny, look_up
from tests.components.stacks import BOUNDARY

if TYPE_CHECKING:
    from tests.components.embedded import EmbeddedCloud

PLACE = f"{REGION}:{ACCOUNT}"
OTHER = "210987654321"
QUEUE, FUNCTION, TOPIC = (
    f"arn:aws:sqs:{PLACE}:alerts",
    f"arn:aws:lambda:{PLACE}:function:on-alert",
    f"arn:aws:sns:{PLACE}:pager",
)
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = f"arn:aws:kms:{PLACE}:key/{KEY_ID}"
FAR = QUEUE.replace(REGION, "eu-west-1")
SOUND: dict[str, Any] = {
    "alerts": {"sqs": [QUEUE, {"to": FAR, "jobs": ["a"]}], "lambda": [FUNCTION], "topic": TOPIC},
    "encryption": {"kmsKey": KEY},
    "iam": {"permissionsBoundary": BOUNDARY},
}


def make_key(cloud: EmbeddedCloud, key_id: str, **changes: str) -> None:
    """Create a KMS key with this id."""
    tags = [{"TagKey": chosen_ids.TAG, "TagValue": key_id}]
    cloud.client("kms").create_key(Tags=tags, **changes)


@pytest.fixture
def there(cloud: EmbeddedCloud) -> EmbeddedCloud:
    """Return an account with everything that config names."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def run(event, context): ...")
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    cloud.client("iam").create_policy(PolicyName="boundary", PolicyDocument=json.dumps(allowed))
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = cloud.client("iam").create_role(RoleName="on-alert", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    make_key(cloud, KEY_ID)
    cloud.client("sqs").create_queue(QueueName="alerts")
    cloud.clients.get("sqs", "eu-west-1").create_queue(QueueName="alerts")
    cloud.client("sns").create_topic(Name="pager")
    cloud.client("lambda").create_function(
        FunctionName="on-alert",
        Role=role,
        Runtime="python3.12",
        Handler="main.run",
        Code={"ZipFile": code.getvalue()},
    )
    return cloud


def test_says_nothing_of_what_is_there(there: EmbeddedCloud) -> None:
    """A boundary, queues (also of another region), a function and a topic that exist give no message."""
    assert look_up(there, EXPLICIT, **SOUND)[1] == []


def test_accepts_a_boundary_of_aws(there: EmbeddedCloud) -> None:
    """A policy of AWS can be a boundary."""
    assert look_up(there, EXPLICIT, iam={"permissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"})[1] == []


def alerts(**sections: Any) -> dict[str, Any]:  # noqa: ANN401 - values of config
    """Return config of alerts."""
    return {"alerts": sections}


def boundary(arn: str) -> dict[str, Any]:
    """Return config with a boundary."""
    return {"iam": {"permissionsBoundary": arn}}


def key(arn: str) -> dict[str, Any]:
    """Return config with a key."""
    return {"encryption": {"kmsKey": arn}}


NO_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/gone"
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "boundary": (
        boundary(NO_POLICY),
        (
            f"scheduled-jobs:iam.permissionsBoundary: '{NO_POLICY}': reading IAM Policy ({NO_POLICY}): NoSuchEntity: "
            f"Policy {NO_POLICY} not found"
        ),
    ),
    "boundary of another account": (
        boundary(BOUNDARY.replace(ACCOUNT, OTHER)),
        (
            f"scheduled-jobs:iam.permissionsBoundary: '{BOUNDARY.replace(ACCOUNT, OTHER)}': is in the account {OTHER}; "
            f"must be in {ACCOUNT}, as the roles are, or be AWS's own"
        ),
    ),
    "boundary of another partition": (
        boundary(BOUNDARY.replace(":aws:", ":aws-cn:")),
        (
            f"scheduled-jobs:iam.permissionsBoundary: '{BOUNDARY.replace(':aws:', ':aws-cn:')}': is in the partition "
            "aws-cn; must be in aws, as this stack is"
        ),
    ),
    "key": (
        key(KEY.replace("1234abcd", "0")),
        (
            f"scheduled-jobs:encryption.kmsKey: '{KEY.replace('1234abcd', '0')}': reading KMS Key "
            f"({KEY.replace('1234abcd', '0')}): NotFoundException: Key '{KEY.replace('1234abcd', '0')}' does not exist"
        ),
    ),
    "key of another region": (
        key(KEY.replace(REGION, "us-east-1")),
        (
            f"scheduled-jobs:encryption.kmsKey: '{KEY.replace(REGION, 'us-east-1')}': is in us-east-1; must be in "
            f"{REGION}, as this stack is: topics, queues, tables and log groups are encrypted with keys of their region"
        ),
    ),
    "key of another account": (
        key(KEY.replace(ACCOUNT, OTHER)),
        (
            f"warning: scheduled-jobs:encryption.kmsKey: '{KEY.replace(ACCOUNT, OTHER)}': existence not checked: "
            f"it is in the account {OTHER}, which must let this stack use it"
        ),
    ),
    "queue": (
        alerts(sqs=[QUEUE, f"{QUEUE}-2"]),
        (
            f"scheduled-jobs:alerts.sqs[1]: '{QUEUE}-2': reading SQS Queue URL (alerts-2): "
            "AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist."
        ),
    ),
    "queue of a region where there is none": (
        alerts(sqs=[{"to": QUEUE.replace(REGION, "us-east-1"), "jobs": ["a"]}]),
        (
            f"scheduled-jobs:alerts.sqs[0].to: '{QUEUE.replace(REGION, 'us-east-1')}': reading SQS Queue URL (alerts): "
            "AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist."
        ),
    ),
    "function": (
        alerts(**{"lambda": [{"to": f"{FUNCTION}-2", "jobs": ["a"]}]}),
        (
            f"scheduled-jobs:alerts.lambda[0].to: '{FUNCTION}-2': reading Lambda Function (on-alert-2): "
            f"ResourceNotFoundException: Function not found: {FUNCTION}-2"
        ),
    ),
    "function of another region": (
        alerts(**{"lambda": [FUNCTION.replace(REGION, "us-east-1")]}),
        (
            f"scheduled-jobs:alerts.lambda[0]: '{FUNCTION.replace(REGION, 'us-east-1')}': is in us-east-1; must be in "
            f"{REGION}, as this stack is: the stack lets the topic invoke it, and Lambda reaches no functions of other "
            "regions"
        ),
    ),
    "topic": (
        alerts(topic=f"{TOPIC}-2"),
        f"scheduled-jobs:alerts.topic: '{TOPIC}-2': reading SNS Topic (pager-2): empty result",
    ),
    "topic of another region": (
        alerts(topic=TOPIC.replace(REGION, "us-east-1")),
        (
            f"scheduled-jobs:alerts.topic: '{TOPIC.replace(REGION, 'us-east-1')}': is in us-east-1; "
            f"must be in {REGION}, as this stack is: the watch publishes there"
        ),
    ),
    "queue of another account": (
        alerts(sqs=[QUEUE.replace(ACCOUNT, OTHER)]),
        (
            f"warning: scheduled-jobs:alerts.sqs[0]: '{QUEUE.replace(ACCOUNT, OTHER)}': existence not checked: "
            f"it is in the account {OTHER}, which must let this stack use it"
        ),
    ),
}


@pytest.mark.parametrize(("config", "expected"), WRONG.values(), ids=WRONG)
def test_names_what_is_missing(there: EmbeddedCloud, config: dict[str, Any], expected: str) -> None:
    """What does not exist, or where the stack cannot use it, is reported with its key path."""
    assert look_up(there, EXPLICIT, **config)[1] == [expected]


def test_names_what_is_wrong_with_a_key(there: EmbeddedCloud) -> None:
    """A key that is disabled, or that cannot encrypt data keys, is refused with its state."""
    there.client("kms").disable_key(KeyId=KEY_ID)
    asymmetric = KEY.replace("1234abcd", "0")
    make_key(there, asymmetric.rpartition("/")[2], KeySpec="RSA_2048", KeyUsage="ENCRYPT_DECRYPT")
    where = "scheduled-jobs:encryption.kmsKey"
    assert look_up(there, EXPLICIT, **key(KEY))[1] == [f"{where}: '{KEY}': its keyState is Disabled; must be Enabled"]
    assert look_up(there, EXPLICIT, **key(asymmetric))[1] == [
        f"{where}: '{asymmetric}': its keySpec is RSA_2048; must be SYMMETRIC_DEFAULT"
    ]


def test_tells_what_the_policy_of_a_key_must_have(there: EmbeddedCloud) -> None:
    """The preview names the command that prints the statements."""
    problems = settings.Problems()
    config = settings.parse({"placements": {"a": EXPLICIT}, "schedules": {}, **key(KEY)}, problems)
    there.run(lambda: placements.look_up(placements.Lookups(), config, "jobs-staging", problems, {}))
    [note] = problems.notes
    assert str(note) == (
        "scheduled-jobs:encryption.kmsKey: the key's policy, which this program does not change, must have the "
        "statements that `python -m ops key-policy STACK` prints"
    )


def test_reports_placements_first(there: EmbeddedCloud) -> None:
    """Mistakes in placements stand before those in alerts and the boundary."""
    wrong = {"alerts": {"topic": f"{TOPIC}-2", "sqs": [f"{QUEUE}-2"]}, "iam": {"permissionsBoundary": NO_POLICY}}
    _, problems = look_up(there, {**EXPLICIT, "container": "ap"}, **wrong)
    assert [problem.partition(": ")[0] for problem in problems] == [
        "container",
        "scheduled-jobs:iam.permissionsBoundary",
        "scheduled-jobs:alerts.sqs[0]",
        "scheduled-jobs:alerts.topic",
    ]


def test_warns_of_what_it_may_not_look_at(there: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A denied look-up is a warning, which names the permission."""
    deny(monkeypatch, "iam:GetPolicy", "kms:DescribeKey", "lambda:GetFunction", "sns:ListTopics", "sqs:GetQueueUrl")
    missing = "existence not checked: the permission {} is missing"
    assert look_up(there, EXPLICIT, **SOUND)[1] == [
        f"warning: scheduled-jobs:iam.permissionsBoundary: '{BOUNDARY}': {missing.format('iam:GetPolicy')}",
        f"warning: scheduled-jobs:encryption.kmsKey: '{KEY}': {missing.format('kms:DescribeKey')}",
        f"warning: scheduled-jobs:alerts.sqs[0]: '{QUEUE}': {missing.format('sqs:GetQueueUrl')}",
        f"warning: scheduled-jobs:alerts.sqs[1].to: '{FAR}': {missing.format('sqs:GetQueueUrl')}",
        f"warning: scheduled-jobs:alerts.lambda[0]: '{FUNCTION}': {missing.format('lambda:GetFunction')}",
        f"warning: scheduled-jobs:alerts.topic: '{TOPIC}': {missing.format('sns:ListTopics')}",
    ]


def test_judges_without_knowing_its_place(there: EmbeddedCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the account does not tell who asks, what it answers is still judged."""
    deny(monkeypatch, "sts:GetCallerIdentity")
    assert look_up(there, EXPLICIT, **SOUND)[1] == []
    elsewhere = QUEUE.replace(ACCOUNT, OTHER)
    assert look_up(there, EXPLICIT, alerts={"sqs": [elsewhere]})[1] == [
        f"scheduled-jobs:alerts.sqs[0]: '{elsewhere}': no such ARN; the one of that name is {QUEUE}"
    ]


def test_asks_nothing_for_e_mail(cloud: EmbeddedCloud) -> None:
    """A stack that names none of these makes no further calls."""
    cloud.embedded.gateway.calls.clear()
    look_up(cloud, EXPLICIT, alerts={"email": ["ops@example.com"], "https": ["https://hooks.example.com/a"]})
    assert "GetCallerIdentity" not in {call.operation for call in cloud.embedded.gateway.calls}
