"""The statements that the role of a function has when it is in a VPC or reads a secret."""

from __future__ import annotations

import pytest

from components.function_policy import NETWORKING, join_network, read_secret
from emulator.iam.policy_evaluation import Request, evaluate
from tests import iam_linter

PLACE = "eu-central-1:123456789012"
FUNCTION = f"arn:aws:lambda:{PLACE}:function:jobs-staging-job-refresh"
SECRET = f"arn:aws:secretsmanager:{PLACE}:secret:fleet/jobs-AbCdEf"
KEY = f"arn:aws:kms:{PLACE}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
READ, DECRYPT = "secretsmanager:GetSecretValue", "kms:Decrypt"


def policy(*statements: dict[str, object]) -> dict[str, object]:
    """Return a policy with these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize("action", NETWORKING)
def test_lambda_joins_the_network_and_the_code_does_not(action: str) -> None:
    """Calls of Lambda name no function; those of the code name their own. Without the first statement neither works."""
    both = join_network(FUNCTION)
    of_code = {"lambda:SourceFunctionArn": FUNCTION}
    assert evaluate(Request(action, "*"), [policy(*both)]).allowed
    assert not evaluate(Request(action, "*", of_code), [policy(*both)]).allowed
    assert evaluate(Request(action, "*", of_code), [policy(both[0])]).allowed
    assert not evaluate(Request(action, "*"), [policy(both[1])]).allowed


def test_one_secret_is_read() -> None:
    """Another secret is not, and without a key of your own no key is used."""
    found = read_secret(SECRET, None)
    assert found == [{"Sid": "ReadSecret", "Effect": "Allow", "Action": READ, "Resource": SECRET}]
    assert not evaluate(Request(READ, f"{SECRET[:-6]}GhIjKl"), [policy(*found)]).allowed


def test_a_key_decrypts_for_secrets_manager_alone() -> None:
    """The function cannot use it for anything else."""
    found = read_secret(SECRET, KEY)
    assert found[1:] == [
        {
            "Sid": "DecryptSecret",
            "Effect": "Allow",
            "Action": DECRYPT,
            "Resource": KEY,
            "Condition": {"StringLike": {"kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com*"}},
        }
    ]
    via = {"kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com"}
    assert evaluate(Request(DECRYPT, KEY, via), [policy(*found)]).allowed
    assert not evaluate(Request(DECRYPT, KEY), [policy(*found)]).allowed


def test_aws_knows_all_of_it() -> None:
    """Each action exists, and can be asked on its resource with its condition."""
    assert iam_linter.mistakes(policy(*join_network(FUNCTION), *read_secret(SECRET, KEY))) == []
