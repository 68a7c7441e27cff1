"""Tests of what is found of secrets."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from aws_facts import value_from
from aws_facts.arn import Arn
from doctor.account import Known
from doctor.checks.secrets import UsedSecret, check
from doctor.reading import secrets as reading
from doctor.reading import tasks
from judgements.answers import Refused
from tests.unit.supervisor.fake_lambda import alias
from watch.facts import InvokedFunction, JobFacts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

TASK = Arn.parse("arn:aws:ecs:eu-central-1:123456789012:task-definition/web:1")
STORED = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf"
FOUND = Known({"Name": "db"})


def used(answer: Known[Any] | Refused, key: Known[Any] | Refused | None = None, text: str = STORED) -> UsedSecret:
    """Return a secret that jobs read."""
    return UsedSecret(text, value_from.parse(text, TASK), ["b", "a"], answer, key)


@pytest.mark.parametrize(
    ("secret", "code", "about"),
    [
        (used(FOUND), "sound", "db-AbCdEf"),
        (used(FOUND, text="/team/token"), "sound", "/team/token"),
        (used(FOUND, Known({"KeyState": "Enabled"})), "sound", "db-AbCdEf"),
        (used(FOUND, Known({"KeyState": "PendingDeletion"})), "key-unusable", "db-AbCdEf"),
        (used(FOUND, Known(None)), "key-unusable", "db-AbCdEf"),
        (used(FOUND, Refused("no", "kms:DescribeKey")), "unchecked", "db-AbCdEf"),
        (used(Known({"DeletedDate": "2027"})), "secret-deleted", "db-AbCdEf"),
        (used(Known(None)), "secret-missing", "db-AbCdEf"),
        (used(Known(None), text="arn:aws:s3:::bucket/key"), "secret-missing", "arn:aws:s3:::bucket/key"),
        (used(Refused("no", "secretsmanager:DescribeSecret")), "unchecked", "db-AbCdEf"),
        (used(FOUND, text=f"{STORED}:password::"), "unchecked", "db-AbCdEf"),
    ],
)
def test_a_secret(secret: UsedSecret, code: str, about: str) -> None:
    """A secret exists, is not about to be deleted, and its key decrypts. The keys of its JSON are not seen."""
    [found] = check([secret])
    assert (found.code, found.about, found.jobs) == (code, about, ("a", "b"))


def test_what_is_missing_is_named_by_its_kind() -> None:
    """A secret and a parameter are made in different places."""
    texts = [one.text for one in check([used(Known(None)), used(Known(None), text="/team/token")])]
    assert texts == [f"there is no secret {STORED}", "there is no parameter /team/token"]


def of_receiver(answer: Known[Any]) -> UsedSecret:
    """Return the secret by which two jobs prove who sends their requests."""
    return replace(used(answer), receiver="fleet")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Known({"VersionIdsToStages": {"1": ["AWSPREVIOUS"], "2": ["AWSCURRENT"]}}), "sound"),
        (Known({"VersionIdsToStages": {"1": ["AWSPREVIOUS"]}}), "secret-empty"),
        (Known({}), "secret-empty"),
        (Known(None), "secret-missing"),
        (Known({"DeletedDate": "2027"}), "secret-deleted"),
    ],
)
def test_the_secret_of_a_receiver_has_a_value(answer: Known[Any], code: str) -> None:
    """It is not read. A secret that is not there is corrected where the receiver is written."""
    [found] = check([of_receiver(answer)])
    assert (found.code, found.jobs) == (code, ("a", "b"))
    if code == "secret-missing":
        assert found.fix.endswith("correct scheduled-jobs:receivers.fleet.secret in the stack file, and run pulumi up")


class Account:
    """An account with a function that sends requests, and one without a secret."""

    def __init__(self) -> None:
        """Note nothing."""
        self.asked: list[str] = []

    def ask(self, service: str, operation: str, **given: object) -> Known[Any] | Refused:
        """Return an answer, and note the question."""
        self.asked.append(operation)
        if service == "secretsmanager":
            return Known({"VersionIdsToStages": {"1": ["AWSCURRENT"]}})
        name = str(given["FunctionName"])
        if "refused" in name:
            return Refused("no")
        return Known({"Environment": {"Variables": {"RECEIVER_SECRET": STORED}}} if "sends" in name else {})

    def each(self, names: Iterable[Any], question: Callable[[Any], Any]) -> dict[Any, Any]:
        """Return the answers."""
        return {name: question(name) for name in names}


def test_reads_the_secrets_of_receivers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two jobs of one receiver share its secret, and nobody asks for its value."""
    monkeypatch.setattr(tasks, "read", lambda *_: [])
    names = {"b": "sends-b", "a": "sends-a", "old": "old", "refused": "refused"}
    jobs = {
        job: JobFacts(function=InvokedFunction(alias=alias(name), log_group="/l", receiver="fleet"))
        for job, name in names.items()
    }
    jobs["rates"] = JobFacts(function=InvokedFunction(alias=alias("sends-rates"), log_group="/l"))
    account: Any = Account()
    [found] = reading.read(account, cast("Any", SimpleNamespace(jobs=jobs)))
    assert (found.text, found.jobs, found.receiver) == (STORED, ["a", "b"], "fleet")
    assert account.asked.count("describe_secret") == 1
    assert "get_secret_value" not in account.asked
