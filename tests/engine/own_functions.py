"""Functions that somebody else owns, whom a stack of an engine test invokes."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

from tests.engine.account import REGION
from tests.engine.operators import ACCOUNT

if TYPE_CHECKING:
    from tests.engine.conftest import Sandbox

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
LOGS = {
    "Effect": "Allow",
    "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:*",
}


def arn(name: str) -> str:
    """Return the ARN of a function."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def grant(group: str) -> dict[str, str]:
    """Return the statement with which the owner lets the function tell the watch of a group how it ended."""
    return {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": arn(f"{group}-watch")}


def allow(sandbox: Sandbox, name: str, *statements: object) -> None:
    """Give the role of a function these statements alone."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    sandbox.account.client("iam").put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)


def make(sandbox: Sandbox, name: str, code: str) -> None:
    """Make a function with a role of its own, which may not tell the watch anything."""
    role = sandbox.account.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))
    allow(sandbox, name, LOGS)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("app.py", f"def handle(event, context):\n    {code}\n")
    sandbox.account.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role["Role"]["Arn"],
        Handler="app.handle",
        Timeout=3,
        Code={"ZipFile": archive.getvalue()},
    )


def delete(sandbox: Sandbox, name: str) -> None:
    """Delete a function, which must have no alias any more, and its role."""
    functions, iam = sandbox.account.client("lambda"), sandbox.account.client("iam")
    assert functions.list_aliases(FunctionName=name)["Aliases"] == []
    functions.delete_function(FunctionName=name)
    iam.delete_role_policy(RoleName=name, PolicyName="own")
    iam.delete_role(RoleName=name)
