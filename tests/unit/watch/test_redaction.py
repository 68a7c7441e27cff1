"""Secrets are hidden, and nothing else is."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from watch import redaction
from watch.names import JOB_TRIGGER, MANUAL

SECRET = "hunter2-and-more"  # noqa: S105 - what no text may show


def task(**environment: str) -> dict[str, Any]:
    """Return a task whose override has these variables."""
    pairs = [{"name": name, "value": value} for name, value in environment.items()]
    return {"overrides": {"containerOverrides": [{"name": "app", "environment": pairs}]}}


@pytest.mark.parametrize(
    "name",
    [
        *("PASSWORD", "DB_PASSWORD", "PGPASSWORD", "dbPassword", "MYSQL_PWD", "SMTP_PASS", "PASSPHRASE"),
        *("SECRET", "CLIENT_SECRET", "SECRET_KEY_BASE", "AWS_SECRET_ACCESS_KEY", "SecretValue"),
        *("TOKEN", "GITHUB_TOKEN", "GITHUBTOKEN", "accessToken", "REFRESH_TOKENS"),
        *("KEY", "API_KEY", "apiKey", "APIKEY", "KEY_OF_THE_BANK", "SIGNING_KEYS", "x-api-key"),
        *("CREDENTIALS", "DB_CREDENTIAL", "SENTRY_DSN", "BASIC_AUTH", "SESSION_COOKIE", "SLACK_WEBHOOK"),
    ],
)
def test_names_that_look_secret(name: str) -> None:
    """A name looks secret if one of its words does."""
    assert redaction.looks_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("PULUMI_STACK", "RATES_SOURCE", "REPORT_FORMAT", "DRY_RUN", "LOG_LEVEL", "PWD", "OLDPWD", "COMPASS"),
        *("KEYBOARD", "MONKEY", "TURKEY_REGION", "TOKENIZER", "AUTHOR", "DATABASE_URL", "BYPASS_CACHE", ""),
    ],
)
def test_names_that_do_not(name: str) -> None:
    """A name whose words only contain the letters of a secret one does not look secret."""
    assert not redaction.looks_secret(name)


def test_patterns_can_be_chosen() -> None:
    """Other patterns replace the usual ones, and may have several words."""
    assert redaction.looks_secret("LICENCE_OF_THE_BANK", ["licence"])
    assert redaction.looks_secret("MY_BANK_CODE", ["BANK_CODE"])
    assert not redaction.looks_secret("API_KEY", ["licence"])
    assert redaction.values_of(task(LICENCE="123456"), ["LICENCE"]) == {"123456": "LICENCE"}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"token {SECRET} refused", "token [TOKEN] refused"),
        (f"Bearer {SECRET}.", "Bearer [TOKEN]."),
        (f"x{SECRET}y", "x[TOKEN]y"),
        (f"https://example.com/{SECRET}/x", "https://example.com/[TOKEN]/x"),
        (f"https://{SECRET}@example.com/", "https://[TOKEN]@example.com/"),
        (f"https://bot-{SECRET}@example.com/", "https://bot-[TOKEN]@example.com/"),
        (f"https://bot-{SECRET}:x@example.com/", "https://bot-[TOKEN]:[password]@example.com/"),
        (f"https://{SECRET}", "https://[TOKEN]"),
        (f"{SECRET}.Next", "[TOKEN].Next"),
        (f"key={SECRET}.pem", "key=[TOKEN].pem"),
    ],
)
def test_a_secret_is_hidden_everywhere(text: str, shown: str) -> None:
    """Each occurrence of a value is replaced by its variable's name."""
    assert redaction.hidden(text, redaction.values_of(task(TOKEN=SECRET))) == shown


@pytest.mark.parametrize(
    "text",
    [
        "not authorized to perform sts:AssumeRole on arn:aws:iam::123456789012:role/jobs/production-web/task",
        "log group arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:/production/web:*",
        "https://api.production.example.com/health: 503",
        "https://db.production:5432/",
        "could not resolve db.production.internal",
        "production.cluster-abc.eu-central-1.rds.amazonaws.com:5432 refused",
        "admin@production.example.com",
    ],
)
def test_names_stay_whole(text: str) -> None:
    """An ARN or a host name is never changed, even if a secret value is a part of it."""
    assert redaction.hidden(text, redaction.values_of(task(KEY="production"))) == text


def test_what_is_no_secret_is_shown() -> None:
    """Values of other variables, ARNs of secrets, short values and the run's own variables are shown."""
    values = redaction.values_of(
        task(
            PULUMI_STACK="production",
            RATES_SOURCE="/mnt/bank/rates.csv",
            DB_SECRET="arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf",  # noqa: S106
            TOKEN="short",  # noqa: S106
            JOB_NAME="nightly-report",
            EMPTY_KEY="",
        )
    )
    assert values == {}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgres://app:pa55word@db.example.com/x", "postgres://app:[password]@db.example.com/x"),
        ("redis://:x@cache:6379", "redis://:[password]@cache:6379"),
        (
            "GET https://example.com/a?b=1&access_token=abc&c=2",
            "GET https://example.com/a?b=1&access_token=[access_token]&c=2",
        ),
        ("https://s3/x?X-Amz-Signature=0af3", "https://s3/x?X-Amz-Signature=[X-Amz-Signature]"),
        ("https://example.com/a?page=2&sort=name", "https://example.com/a?page=2&sort=name"),
        ("http://localhost:8080/a@b", "http://localhost:8080/a@b"),
        ("ssh://git@example.com/x", "ssh://git@example.com/x"),
        ("arn:aws:iam::123456789012:role/x", "arn:aws:iam::123456789012:role/x"),
    ],
)
def test_addresses_show_no_password(text: str, shown: str) -> None:
    """A password within an address is hidden, wherever it comes from."""
    assert redaction.hidden(text, {}) == shown


def test_password_of_an_address_is_hidden_alone() -> None:
    """The password in a variable's address is hidden also where it stands alone; the address is not."""
    values = redaction.values_of(task(DATABASE_URL="postgres://app:p@ss/word1@db.example.com/app"))
    assert values == {"p@ss/word1": "password of DATABASE_URL"}
    assert redaction.hidden("auth failed for p@ss/word1", values) == "auth failed for [password of DATABASE_URL]"
    assert redaction.hidden("db.example.com: no answer", values) == "db.example.com: no answer"


def test_requests_and_definitions_are_read_too() -> None:
    """A schedule's request writes its members with capitals, and a task definition has environments of its own."""
    pairs = [{"Name": "TOKEN", "Value": SECRET}, {"Name": "STACK", "Value": "production"}]
    request = {"Overrides": {"ContainerOverrides": [{"Name": "app", "Environment": pairs}]}}
    assert redaction.values_of(request) == {SECRET: "TOKEN"}
    assert redaction.secret_names(request) == ["TOKEN"]
    containers = [{"name": "app"}, {"name": "proxy", "environment": [{"name": "API_KEY", "value": SECRET}]}]
    assert redaction.values_of_containers({"containerDefinitions": containers}) == {SECRET: "API_KEY"}


@given(st.text(st.characters(exclude_characters="[]"), min_size=6), st.text(), st.text())
def test_no_occurrence_is_left(secret: str, before: str, after: str) -> None:
    """A secret that stands alone is hidden, whatever it is made of and whatever is around it."""
    values = redaction.values_of(task(PASSWORD=secret))
    assume(secret in values)
    assert f"\n{secret}\n" not in redaction.hidden(f"{before}\n{secret}\n{after}", values)


@pytest.mark.parametrize(
    "text",
    ["a" * 300_000, "a:" * 150_000, "a.b-" * 75_000, "://a" * 75_000, "?a=" * 100_000],
    ids=["letters", "colons", "dots", "addresses", "parameters"],
)
def test_long_lines_take_no_time(text: str) -> None:
    """A very long line of a log is read in linear time."""
    values = {"a.b-a.": "KEY", "aaaaaaaaa": "TOKEN", json.dumps("a:a:a:"): "PASSWORD"}
    begun = time.process_time()
    redaction.hidden(text, values)
    assert time.process_time() - begun < 10


def test_what_the_program_sets_is_not_hidden() -> None:
    """A line of a log keeps a word such as `manual`, which the program itself has set."""
    assert redaction.values_of(task(**{JOB_TRIGGER: MANUAL}), ["*"]) == {}
    assert redaction.values_of(task(OTHER=MANUAL), ["*"]) == {MANUAL: "OTHER"}
