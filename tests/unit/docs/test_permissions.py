from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from emulator.iam.policy_evaluation import Request, evaluate
from tests import iam_linter, permissions
from tests.permissions import (
    ADOPT,
    BOUNDARY,
    BUILDS_DEPLOY,
    BUILDS_PREVIEW,
    CAPACITY,
    CHECK,
    DEPLOY,
    EXAMINE,
    FUNCTIONS_BOUNDARY,
    FUNCTIONS_DEPLOY,
    FUNCTIONS_LOOK,
    FUNCTIONS_PREVIEW,
    HANDLERS_BOUNDARY,
    HANDLERS_DEPLOY,
    HANDLERS_LOOK,
    HANDLERS_PREVIEW,
    IMAGES_DEPLOY,
    IMAGES_PREVIEW,
    KEYED_BOUNDARY,
    KEYED_DEPLOY,
    KEYED_LOOK,
    KEYED_ON_CALL,
    KEYED_PREVIEW,
    LOOK,
    MADE_DEPLOY,
    ON_CALL,
    ONLY_BOUNDED,
    PREVIEW,
    READ_BACKEND,
    REQUESTS_BOUNDARY,
    REQUESTS_DEPLOY,
    REQUESTS_LOOK,
    REQUESTS_PREVIEW,
    ROLES,
    SERVICE_ROLE,
    SERVICES_BOUNDARY,
    SERVICES_DEPLOY,
    SERVICES_LOOK,
    SERVICES_PREVIEW,
    STACK,
    TRUST_DEPLOY,
    TRUST_PREVIEW,
    WATCHED,
    WRITE_BACKEND,
    arn,
    listed,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.permissions import Policy

WORKFLOWS = Path(__file__).parents[3] / ".github" / "workflows"

TRUSTS = (TRUST_PREVIEW, TRUST_DEPLOY)
KEYED = (KEYED_PREVIEW, KEYED_DEPLOY, KEYED_LOOK, KEYED_ON_CALL, KEYED_BOUNDARY)
POLICIES = (
    PREVIEW,
    CHECK,
    DEPLOY,
    WATCHED,
    ONLY_BOUNDED,
    BOUNDARY,
    LOOK,
    EXAMINE,
    ON_CALL,
    ADOPT,
    CAPACITY,
    IMAGES_PREVIEW,
    IMAGES_DEPLOY,
    MADE_DEPLOY,
    BUILDS_PREVIEW,
    BUILDS_DEPLOY,
    FUNCTIONS_PREVIEW,
    FUNCTIONS_DEPLOY,
    FUNCTIONS_LOOK,
    FUNCTIONS_BOUNDARY,
    HANDLERS_PREVIEW,
    HANDLERS_DEPLOY,
    HANDLERS_LOOK,
    HANDLERS_BOUNDARY,
    REQUESTS_PREVIEW,
    REQUESTS_DEPLOY,
    REQUESTS_LOOK,
    REQUESTS_BOUNDARY,
    SERVICE_ROLE,
    SERVICES_PREVIEW,
    SERVICES_DEPLOY,
    SERVICES_LOOK,
    SERVICES_BOUNDARY,
    *KEYED,
    READ_BACKEND,
    WRITE_BACKEND,
)

LONGEST = STACK | {
    "project": "p" * 40,
    "stack": "s" * 23,
    "group": f"{'p' * 40}-{'s' * 23}",
    "watch": "w" * 64,
    "supervisor": "u" * 64,
    "runs": "r" * 64,
    "alarms": "a" * 64,
    "cluster": "c" * 40,
    "own-cluster": f"{'p' * 40}-{'s' * 23}-{'o' * 40}",
    "vpc": f"vpc-{'0' * 17}",
    "family": "f" * 40,
    "log-group": "/" + "l" * 60,
    "task-role": "t" * 64,
    "execution-role": "e" * 64,
    "region": "ap-southeast-1",
    "bucket": "b" * 63,
    "boundary": "b" * 64,
    "kms-key": f"mrk-{'k' * 32}",
    "endpoint": "e" * 80,
    "repository": "r" * 100,
    "capacity-provider": "p" * 255,
    "function": "f" * 64,
    "function-role": "r" * 64,
    "work-queue": "q" * 80,
    "handler": "h" * 64,
    "secret": "s" * 100,
    "secret-key": f"mrk-{'k' * 32}",
}
"""Names as long as a schedule group's 64 characters allow, and long ones beside them."""

MANAGED, TRUST = 6144, 2048
"""Characters, white space aside, of a managed policy and of a trust policy (IAM and STS quotas)."""
ATTACHED = 10
"""Managed policies of a role, unless AWS raises the quota (IAM and STS quotas)."""

UNLIMITED = {
    *(
        "ChangeSubscriptions",
        "FindTopic",
        "JoinNetwork",
        "JoinVpcs",
        "FindWhatRuns",
        "ListRuns",
        "ListSchedulesSeeDefinitions",
        "LogInToEcr",
        "LookUp",
    ),
    *(
        "ReadCapacityAndNetwork",
        "ReadSubscriptionsFindLogs",
        "ReadTaskDefinitions",
        "RemoveTaskDefinitions",
        "WriteMapping",
    ),
    "SeeInterfaces",
    "SeeNetworkAndParameters",
}
"""Statements on actions of which at least one knows no resource (Service Authorization Reference)."""

RULES, SCHEDULES, SECURITY_GROUPS = "rule/*", "schedule/*", "security-group/*"
ANY_ROLE, ALARMS, MAPPINGS = "role/*", "alarm:*", "event-source-mapping:*"
NAMELESS = {
    **dict.fromkeys(("KeepBoundaries", "OnlyBoundedRoles"), ANY_ROLE),
    **dict.fromkeys(("ReadAlarms", "SeeAlarms"), ALARMS),
    "ReadTargets": RULES,
    "ReadSchedules": SCHEDULES,
    **dict.fromkeys(("MakeTaggedGroups", "TagNewGroups", "WriteGroups"), SECURITY_GROUPS),
    **dict.fromkeys(("ReadMapping", "ReadTagsOfMappings", "TagMappings"), MAPPINGS),
}
"""Statements on what is not named after its stack, and those that deny."""

DASHBOARDS = ":<account>"
"""Where dashboards are: in no region."""


def test_the_page_has_these_policies_and_no_others() -> None:
    """Every JSON block of the page is known to these tests."""
    assert set(permissions.blocks()) == {*POLICIES, *TRUSTS}


def test_the_placeholders_are_those_that_the_page_explains() -> None:
    """The table of placeholders lists what the blocks use, and nothing else."""
    table = permissions.PAGE.partition("| placeholder | is |")[2].partition("\n\n")[0]
    explained = {name for row in table.splitlines() for name in re.findall(r"`<([a-z-]+)>`", row.partition(" | ")[0])}
    assert explained == {name for block in permissions.blocks().values() for name in re.findall(r"<([^>]+)>", block)}


def test_the_links_of_the_page_lead_somewhere() -> None:
    """Each leads to a heading, whose anchor GitHub writes in lower case with hyphens and without punctuation."""
    headings = re.findall(r"^#+ (.+)$", permissions.PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", name.lower()).replace(" ", "-") for name in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", permissions.PAGE)) <= anchors


@pytest.mark.parametrize("title", POLICIES)
def test_every_policy_is_one(title: str) -> None:
    """It has a version and named statements, and uses nothing that the evaluator does not know."""
    policy = permissions.policy(title)
    names = [statement["Sid"] for statement in policy["Statement"]]
    assert policy["Version"] == "2012-10-17"
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[0-9A-Za-z]+", name) for name in names)
    assert not evaluate(Request("iam:CreateUser", "*"), [policy]).allowed


@pytest.mark.parametrize("title", POLICIES)
def test_statements_list_their_actions_in_order(title: str) -> None:
    """So that two policies can be compared."""
    for statement in permissions.policy(title)["Statement"]:
        named = listed(statement["Action"])
        assert named == sorted(named)


@pytest.mark.parametrize("title", [*POLICIES, *TRUSTS])
def test_aws_knows_every_action_resource_and_condition_key(title: str) -> None:
    """Each action exists, AWS asks for it on each resource beside it, and it has each condition key."""
    assert iam_linter.mistakes(permissions.policy(title)) == []


@pytest.mark.parametrize("title", POLICIES)
def test_every_resource_is_the_stack_s_own(title: str) -> None:
    """An ARN has account and region, a name of the stack's, and no wildcard but at its end; exceptions are listed."""
    for statement in json.loads(permissions.blocks()[title])["Statement"]:
        for resource in listed(statement["Resource"]):
            if statement["Sid"] in UNLIMITED:
                assert resource == "*"
            else:
                scope, name = _split(resource)
                assert scope in {"arn:aws:iam::<account>", "arn:aws:s3::", "<region>:<account>", DASHBOARDS}
                assert "*" not in name[:-1]
                assert "<" in name or name == NAMELESS[statement["Sid"]]


@pytest.mark.parametrize("title", POLICIES)
def test_a_policy_fits_into_a_managed_policy(title: str) -> None:
    """Also with the longest names."""
    assert _size(permissions.policy(title, **_underscored(LONGEST))) <= MANAGED


@pytest.mark.parametrize("titles", ROLES.values(), ids=ROLES)
def test_a_role_takes_the_policies_of_one_who_holds_them(titles: tuple[str, ...]) -> None:
    """With the further policies of the page beside them: the check, those for a key, and the one for a boundary."""
    assert len({*titles, CHECK, KEYED_PREVIEW, KEYED_DEPLOY, ONLY_BOUNDED}) <= ATTACHED


def test_a_boundary_for_a_key_fits_into_a_managed_policy() -> None:
    """With the statements of the boundary, to which its own are added."""
    sizes = [_size(permissions.policy(title, **_underscored(LONGEST))) for title in (BOUNDARY, KEYED_BOUNDARY)]
    assert sum(sizes) <= MANAGED


@pytest.mark.parametrize("title", TRUSTS)
def test_a_trust_policy_fits_into_a_role(title: str) -> None:
    """Also with the longest names."""
    assert _size(permissions.policy(title, **_underscored(LONGEST))) <= TRUST


def test_who_looks_may_only_look() -> None:
    """Every action reads, by its name. To receive a message of a queue hides it for a while."""
    doing = permissions.actions(permissions.policy(LOOK)) | permissions.actions(permissions.policy(EXAMINE))
    looking = ("BatchGet", "Describe", "Filter", "Get", "List", "Lookup", "Query", "Scan", "Simulate")
    assert {action for action in doing if not action.partition(":")[2].startswith(looking)} == {"sqs:ReceiveMessage"}


def test_who_adopts_may_only_read() -> None:
    """Every action reads, by its name."""
    doing = permissions.actions(permissions.policy(ADOPT))
    assert all(action.partition(":")[2].startswith(("Describe", "Get", "List")) for action in doing)


def test_who_previews_may_only_look() -> None:
    """Every action reads, by its name; of the backend the state is read and its secrets are decrypted."""
    looking = ("Describe", "Get", "List")
    doing = permissions.actions(permissions.policy(PREVIEW)) | permissions.actions(permissions.policy(READ_BACKEND))
    assert {action for action in doing if not action.partition(":")[2].startswith(looking)} == {"kms:Decrypt"}


@pytest.mark.parametrize(
    ("title", "environment"), [(TRUST_PREVIEW, "production-preview"), (TRUST_DEPLOY, "production")], ids=TRUSTS
)
def test_a_role_trusts_one_environment(title: str, environment: str) -> None:
    """A token of any other environment, branch, pull request, repository or audience is refused."""
    subject = f"repo:acme/scheduled-jobs:environment:{environment}"
    assert _trusted(title, subject)
    others = ("environment:staging", "environment:production-", "ref:refs/heads/main", "pull_request")
    assert not any(_trusted(title, f"repo:acme/scheduled-jobs:{other}") for other in others)
    assert not _trusted(title, f"repo:fork/scheduled-jobs:environment:{environment}")
    assert not _trusted(title, subject, audience="https://github.com/acme")
    assert _trusted(TRUST_PREVIEW, subject) != _trusted(TRUST_DEPLOY, subject)


@pytest.mark.parametrize(
    ("workflow", "environment", "variable"),
    [
        ("preview.yml", "${{ matrix.stack }}-preview", "PREVIEW_ROLE_ARN"),
        ("up.yml", "${{ inputs.stack }}", "DEPLOY_ROLE_ARN"),
    ],
    ids=["preview", "up"],
)
def test_the_workflows_run_in_the_environments_that_are_trusted(workflow: str, environment: str, variable: str) -> None:
    """What the trust policies name is where the workflows assume their roles, and the page tells the variable."""
    text = (WORKFLOWS / workflow).read_text("utf-8")
    assert f"environment: {environment}\n" in text
    assert f"role-to-assume: ${{{{ vars.{variable} }}}}\n" in text
    assert "id-token: write\n" in text
    assert f"`vars.{variable}`" in permissions.PAGE


def _trusted(title: str, subject: str, audience: str = "sts.amazonaws.com") -> bool:
    """Ask the trust policy as if it were an identity's: the token's claims are condition keys like any other."""
    (statement,) = permissions.policy(title)["Statement"]
    issuer = "token.actions.githubusercontent.com"
    assert statement.pop("Principal") == {"Federated": arn("iam", f"oidc-provider/{issuer}")}
    asked = Request("sts:AssumeRoleWithWebIdentity", "*", {f"{issuer}:aud": audience, f"{issuer}:sub": subject})
    return evaluate(asked, [{"Statement": [{**statement, "Resource": "*"}]}]).allowed


def _split(resource: str) -> tuple[str, str]:
    """Take an ARN with placeholders apart: where it is, without the service of regional ones, and what it names."""
    parts = resource.split(":", 5)
    where = ":".join(parts[:5] if parts[2] in {"iam", "s3"} else parts[3:5])
    return where, parts[5]


def _size(policy: Policy) -> int:
    return len(re.sub(r"\s", "", json.dumps(policy)))


def _underscored(values: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in values.items()}
