from __future__ import annotations

import pytest

from aws_facts.arn import Arn
from aws_facts.value_from import ValueFrom, parse

STORED = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:team/db-AbCdEf"
TASK = Arn.parse("arn:aws:ecs:eu-central-1:123456789012:task-definition/web:1")
PARAMETER = "arn:aws:ssm:eu-west-1:123456789012:parameter"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (STORED, ValueFrom("secretsmanager", "eu-west-1", STORED, by_arn=True)),
        (f"{STORED}:password::", ValueFrom("secretsmanager", "eu-west-1", STORED, "password", by_arn=True)),
        (f"{STORED}::AWSPREVIOUS:", ValueFrom("secretsmanager", "eu-west-1", STORED, by_arn=True)),
        ("/team/db", ValueFrom("ssm", "eu-central-1", "/team/db")),
        ("db", ValueFrom("ssm", "eu-central-1", "db")),
        (f"{PARAMETER}/team/db", ValueFrom("ssm", "eu-west-1", "/team/db", by_arn=True)),
        (f"{PARAMETER}/db", ValueFrom("ssm", "eu-west-1", "db", by_arn=True)),
        (
            "arn:aws:ssm:eu-west-1:210987654321:parameter/db",
            ValueFrom("ssm", "eu-west-1", "db", is_foreign=True, by_arn=True),
        ),
        ("arn:aws:s3:::bucket/key", None),
        ("arn:nothing", None),
    ],
)
def test_what_is_named(text: str, expected: ValueFrom | None) -> None:
    """A secret is named by its ARN, and a parameter by its ARN, or by its name in the task's region."""
    assert parse(text, TASK) == expected


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (f"{PARAMETER}/db", ("db", "/db")),
        (f"{PARAMETER}/team/db", ("/team/db",)),
        ("db", ("db",)),
        (STORED, (STORED,)),
    ],
)
def test_names(text: str, names: tuple[str, ...]) -> None:
    """The ARN of a parameter without a path does not show whether its name begins with a slash."""
    found = parse(text, TASK)
    assert found is not None
    assert found.names == names
