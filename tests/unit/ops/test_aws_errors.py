from __future__ import annotations

import pytest
from botocore import exceptions

from ops import aws_errors
from ops.errors import OpsError

USER = "User: arn:aws:sts::123456789012:assumed-role/people/me is not authorized to perform"
ROLE = "arn:aws:iam::123456789012:role/task"
WHY = "no identity-based policy allows the iam:PassRole action"
NEEDED = "docs/permissions.md, 'Who looks' and 'Who is on call', lists every permission that you need"
AGAIN = "the AWS credentials have expired or cannot be renewed; sign in again"


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        (
            "AccessDeniedException",
            f"{USER}: iam:PassRole on resource: {ROLE} because {WHY}.",
            f"you lack the permission iam:PassRole on {ROLE} ({WHY}); {NEEDED}",
        ),
        ("AccessDenied", f"{USER}: ecs:RunTask", f"you lack the permission ecs:RunTask; {NEEDED}"),
        ("AuthorizationError", f"{USER}: SNS:Publish", f"you lack the permission SNS:Publish; {NEEDED}"),
        ("AccessDeniedException", "Go\naway", f"you may not RunTask: Go away; {NEEDED}"),
        ("ExpiredTokenException", "The security token included in the request is expired", AGAIN),
        (
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            "AWS does not know these credentials (UnrecognizedClientException); sign in again",
        ),
        ("ClientException", "TaskDefinition\n not found.", "RunTask: TaskDefinition not found. (ClientException)"),
        ("500", "", "RunTask: refused (500)"),
    ],
    ids=[
        "a permission",
        "no resource",
        "of SNS",
        "no permission",
        "expired",
        "unknown",
        "another refusal",
        "no message",
    ],
)
def test_a_refusal_is_one_line_that_says_what_to_do(code: str, message: str, said: str) -> None:
    """A refusal is one line, which names a missing permission and the page that lists all of them."""
    error = exceptions.ClientError({"Error": {"Code": code, "Message": message}}, "RunTask")
    assert aws_errors.refusal(error) == said


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (exceptions.NoCredentialsError(), "there are no AWS credentials; sign in, or set AWS_PROFILE"),
        (
            exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            "there are no AWS credentials; sign in, or set AWS_PROFILE",
        ),
        (
            exceptions.UnauthorizedSSOTokenError(),
            f"{AGAIN} ({exceptions.UnauthorizedSSOTokenError.fmt})",
        ),
        (exceptions.ProfileNotFound(profile="p"), "The config profile (p) could not be found"),
        (
            exceptions.ParamValidationError(report="Missing\nparameter"),
            "Parameter validation failed: Missing parameter",
        ),
    ],
    ids=["none", "half", "single sign-on", "no such profile", "parameters"],
)
def test_what_boto3_raises_is_one_line(error: exceptions.BotoCoreError, said: str) -> None:
    """Errors of boto3 are one line; most of them are about credentials."""
    assert aws_errors.trouble(error) == said


def test_errors_of_both_kinds_are_explained() -> None:
    """Both kinds of errors become OpsError."""
    for error, said in (
        (exceptions.ClientError({"Error": {"Code": "ExpiredToken", "Message": ""}}, "GetSchedule"), AGAIN),
        (exceptions.NoCredentialsError(), "there are no AWS credentials; sign in, or set AWS_PROFILE"),
    ):
        with pytest.raises(OpsError) as explained, aws_errors.explained():
            raise error
        assert str(explained.value) == said
