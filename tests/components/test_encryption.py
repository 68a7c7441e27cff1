"""Tests of a group with a KMS key: what is encrypted with it, and who may use it, in the embedded AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from components import key_policy
from emulator import chosen_ids
from emulator.gateway.gateway import AwsError
from emulator.iam import roles
from emulator.iam.policy_evaluation import Request
from tests import iam_linter
from tests.components.embedded import ACCOUNT, REGION
from tests.components.stacks import PLACE, program
from tests.components.watching import FUNCTION, watched_program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.components.embedded import Deployment, EmbeddedCloud

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = f"arn:aws:kms:{PLACE}:key/{KEY_ID}"
GROUP = "jobs-staging"
ALERTS, PROBLEMS = (f"arn:aws:sns:{PLACE}:{GROUP}-{topic}" for topic in ("alerts", "problems"))
DEAD_LETTERS, GIVEN_UP, LAUNCHES = (
    f"arn:aws:sqs:{PLACE}:{GROUP}-{queue}" for queue in ("dead-letters", "given-up", "launches")
)
STATEMENTS = key_policy.statements(kms_key_arn=KEY, group=GROUP, account=ACCOUNT, watched=True, queues=False)
OF_THE_ACCOUNT = {
    "Sid": "EnableIamPolicies",
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}
"""The statement that AWS gives to a new key (KMS Developer Guide, "Default key policy")."""


def make_key(cloud: EmbeddedCloud, without: str = "") -> None:
    """Create the key, with the printed statements but one."""
    kept = [statement for statement in STATEMENTS if statement["Sid"] != without]
    assert len(kept) == len(STATEMENTS) - bool(without)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [OF_THE_ACCOUNT, *kept]})
    tags = [{"TagKey": chosen_ids.TAG, "TagValue": KEY_ID}]
    cloud.client("kms").create_key(Policy=policy, Tags=tags)


@pytest.fixture
def keyed(cloud: EmbeddedCloud) -> EmbeddedCloud:
    """Return an account with the key."""
    make_key(cloud)
    return cloud


def watched(**args: Any) -> Callable[[], object]:  # noqa: ANN401 - arguments of the group
    """Return a program with a watched group that has the key."""
    return watched_program(kms_key_arn=KEY, **args)


def role(cloud: EmbeddedCloud, prefix: str) -> str:
    """Return the ARN of the role with this name."""
    found = cloud.client("iam").list_roles()["Roles"]
    [arn] = [one["Arn"] for one in found if one["RoleName"].startswith(prefix)]
    return str(arn)


def test_encrypts_all_that_is_its_own(keyed: EmbeddedCloud) -> None:
    """Topics, queues, ledger and logs have the key, as declared and in AWS."""
    deployment, _ = keyed.run(watched(supervised=True))
    assert key_inputs(deployment) == {
        ("LogGroup", "jobs-supervisor-log"): {"kmsKeyId": KEY},
        ("LogGroup", "jobs-watch-log"): {"kmsKeyId": KEY},
        ("Queue", "jobs-dead-letters"): {"kmsMasterKeyId": KEY},
        ("Queue", "jobs-given-up"): {"kmsMasterKeyId": KEY},
        ("Queue", "jobs-launches"): {"kmsMasterKeyId": KEY},
        ("Table", "jobs-staging-ledger"): {"serverSideEncryption": {"enabled": True, "kmsKeyArn": KEY}},
        ("Topic", "jobs-alerts"): {"kmsMasterKeyId": KEY},
        ("Topic", "jobs-problems"): {"kmsMasterKeyId": KEY},
    }
    [table] = keyed.client("dynamodb").list_tables()["TableNames"]
    described = keyed.client("dynamodb").describe_table(TableName=table)["Table"]
    assert described["SSEDescription"]["KMSMasterKeyArn"] == KEY
    [log] = keyed.client("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{FUNCTION}")["logGroups"]
    assert log["kmsKeyId"] == KEY


def key_inputs(deployment: Deployment) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the inputs about encryption of everything that has such inputs, by type and name."""
    names = {"kmsKeyId", "kmsMasterKeyId", "serverSideEncryption", "sqsManagedSseEnabled"}
    found = {
        (one.type.rpartition(":")[2], one.name): {name: one.inputs[name] for name in names & one.inputs.keys()}
        for one in deployment.declared
    }
    return {where: given for where, given in found.items() if given}


def test_leaves_a_topic_of_the_user_alone(keyed: EmbeddedCloud) -> None:
    """A topic that the user names is neither encrypted nor given a policy."""
    own = keyed.client("sns").create_topic(Name="pager")["TopicArn"]
    before = keyed.client("sns").get_topic_attributes(TopicArn=own)["Attributes"]
    deployment, _ = keyed.run(watched(topic_arn=own))
    assert [one.name for one in [*deployment.of(":Topic"), *deployment.of(":TopicPolicy")]] == ["jobs-problems"] * 2
    assert keyed.client("sns").get_topic_attributes(TopicArn=own)["Attributes"] == before


def test_aws_knows_every_statement_for_the_key(keyed: EmbeddedCloud) -> None:
    """The statements of roles about the key have actions, resources and condition keys that AWS knows."""
    deployment, _ = keyed.run(watched(supervised=True))
    found = [json.loads(one.inputs["policy"]) for one in deployment.of(":RolePolicy")]
    assert [iam_linter.mistakes(policy) for policy in found] == [[], [], []]
    assert {statement["Sid"] for policy in found for statement in policy["Statement"]} > {
        *("EncryptDeadLetter", "ReadWithKey", "SendWithKey")
    }


USES = {
    "a launch that was given up": ("nightly-report", "sqs:SendMessage", DEAD_LETTERS, {"EncryptDeadLetter"}),
    "an alert": ("jobs-watch", "sns:Publish", ALERTS, {"ReadWithKey", "SendWithKey"}),
    "a dead letter": ("jobs-watch", "sqs:ReceiveMessage", DEAD_LETTERS, {"ReadWithKey"}),
    "a failed event": ("jobs-watch", "sqs:SendMessage", GIVEN_UP, {"ReadWithKey", "SendWithKey"}),
    "a tick": ("jobs-staging-supervisor", "sqs:ReceiveMessage", LAUNCHES, {"ReadWithKey"}),
    "a wake-up by the watch": ("jobs-watch", "sqs:SendMessage", LAUNCHES, {"ReadWithKey", "SendWithKey"}),
    "a wake-up": ("jobs-staging-supervisor", "sqs:SendMessage", LAUNCHES, {"ReadWithKey", "SendWithKey"}),
    "records of ticks": (
        "jobs-staging-supervisor",
        "dynamodb:BatchGetItem",
        f"arn:aws:dynamodb:{PLACE}:table/",
        {"ReadWithKey"},
    ),
    "records of runs": ("jobs-watch", "dynamodb:Query", f"arn:aws:dynamodb:{PLACE}:table/", {"ReadWithKey"}),
}


@pytest.mark.parametrize(("prefix", "action", "resource", "needed"), USES.values(), ids=USES)
def test_roles_use_the_key_where_they_need_it(
    keyed: EmbeddedCloud, prefix: str, action: str, resource: str, needed: set[str]
) -> None:
    """Each role does its part with the key, and not without any one of the statements that the part needs."""
    keyed.run(watched(supervised=True))
    [table] = keyed.client("dynamodb").list_tables()["TableNames"]
    request = Request(action, resource + table if resource.endswith("/") else resource)
    arn = role(keyed, prefix)
    roles.authorize(arn, request)
    for sid in needed:
        with statement_removed(keyed, arn, sid), pytest.raises(AwsError, match=f"authorized to perform: kms:.* {KEY} "):
            roles.authorize(arn, request)


class statement_removed:  # noqa: N801 - used like a function
    """Takes a statement out of a role's only policy, and puts it back."""

    def __init__(self, cloud: EmbeddedCloud, arn: str, sid: str) -> None:
        """Find the policy."""
        self._iam, self._role, self._sid = cloud.client("iam"), arn.rpartition("/")[2], sid
        [self._name] = self._iam.list_role_policies(RoleName=self._role)["PolicyNames"]
        self._before = self._iam.get_role_policy(RoleName=self._role, PolicyName=self._name)["PolicyDocument"]

    def __enter__(self) -> None:
        """Take the statement out."""
        kept = [statement for statement in self._before["Statement"] if statement["Sid"] != self._sid]
        assert len(kept) == len(self._before["Statement"]) - 1
        self._put(kept)

    def __exit__(self, *_: object) -> None:
        """Put the statement back."""
        self._put(self._before["Statement"])

    def _put(self, statements: Iterable[dict[str, Any]]) -> None:
        document = json.dumps({**self._before, "Statement": [*statements]})
        self._iam.put_role_policy(RoleName=self._role, PolicyName=self._name, PolicyDocument=document)


PUBLISHERS = {"LetAlarmsPublish": "cloudwatch.amazonaws.com", "LetRulesPublish": "events.amazonaws.com"}


@pytest.mark.parametrize(("sid", "service"), PUBLISHERS.items(), ids=PUBLISHERS)
def test_services_need_the_statements_of_the_key(cloud: EmbeddedCloud, sid: str, service: str) -> None:
    """Without its statement in the key's policy, a service cannot publish; every other service can."""
    make_key(cloud, without=sid)
    cloud.run(watched())
    for other in PUBLISHERS.values():
        source = f"arn:aws:{other.partition('.')[0]}:{PLACE}:source"
        if other == service:
            with pytest.raises(AwsError, match=f"{service} may not use the key"):
                cloud.embedded.topics.publish(PROBLEMS, source, "It failed.", service=other)
        else:
            cloud.embedded.topics.publish(PROBLEMS, source, "It failed.", service=other)


@pytest.mark.parametrize("function", [FUNCTION, f"{GROUP}-supervisor"])
def test_the_logs_need_the_statement_of_the_key(cloud: EmbeddedCloud, function: str) -> None:
    """Without its statement in the key's policy, CloudWatch Logs refuses the key."""
    make_key(cloud, without="EncryptLogs")
    with pytest.raises(ClientError, match=rf"is not allowed to be used with Arn 'arn:aws:logs:.*{function}'"):
        cloud.client("logs").create_log_group(logGroupName=f"/aws/lambda/{function}", kmsKeyId=KEY)


def test_a_disabled_key_stops_services(keyed: EmbeddedCloud) -> None:
    """A service cannot publish with a key that is disabled or gone."""
    keyed.run(watched())
    publish = keyed.embedded.topics.publish
    keyed.client("kms").disable_key(KeyId=KEY_ID)
    with pytest.raises(AwsError, match="is disabled"):
        publish(PROBLEMS, f"arn:aws:events:{PLACE}:rule/r", "It failed.")


def test_a_group_without_a_watch_uses_the_key(keyed: EmbeddedCloud) -> None:
    """Its topic and queues have the key, its launch role may use it, and its rules publish with it."""
    deployment, _ = keyed.run(program(group_args={"kms_key_arn": KEY}))
    assert {one[0] for one in key_inputs(deployment)} == {"Queue", "Topic"}
    roles.authorize(role(keyed, "nightly-report"), Request("sqs:SendMessage", DEAD_LETTERS))
    keyed.embedded.topics.publish(ALERTS, f"arn:aws:events:{REGION}:{ACCOUNT}:rule/r", "It failed.")
