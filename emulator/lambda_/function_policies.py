"""The policies of functions, and of their versions and aliases, statement by statement.

Each version and each alias has a policy of its own (Lambda Developer Guide, "Viewing resource-based IAM policies in
Lambda"). moto keeps one for all of them, knows no condition of function URLs, and takes a statement id twice. The
messages are those that LocalStack's tests recorded from AWS (test_lambda_api.snapshot.json).
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aws_facts.function_name import LATEST
from emulator.gateway.gateway import AwsError
from emulator.lambda_.function_lookup import find, named

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from aws_facts.function_name import FunctionName
    from emulator.gateway.gateway import Call, Gateway
    from emulator.iam.policy_evaluation import Document

_POLICIES = "own_policies"
"""The attribute that is added to moto's functions: the policies, by the qualifiers."""
_CONDITIONS = {
    "SourceArn": ("ArnLike", "AWS:SourceArn"),
    "SourceAccount": ("StringEquals", "AWS:SourceAccount"),
    "PrincipalOrgID": ("StringEquals", "aws:PrincipalOrgID"),
    "FunctionUrlAuthType": ("StringEquals", "lambda:FunctionUrlAuthType"),
    "InvokedViaFunctionUrl": ("Bool", "lambda:InvokedViaFunctionUrl"),
}
"""The operator and the key of the condition that each parameter of AddPermission becomes."""
_OF_URLS = {"FunctionUrlAuthType": "lambda:InvokeFunctionUrl", "InvokedViaFunctionUrl": "lambda:InvokeFunction"}
"""The only action with which each of these parameters has a meaning (Lambda API reference, AddPermission)."""


@dataclass
class _Policy:
    """The statements of a policy, by their ids."""

    statements: dict[str, dict[str, Any]] = field(default_factory=dict)
    revision: str = ""

    def change(self, call: Call) -> None:
        """Give the policy another revision; raise AwsError when the call expects another one than it has."""
        if call.params.get("RevisionId", self.revision) != self.revision:
            raise AwsError(
                "PreconditionFailedException",
                "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
                "retrieve the latest Revision Id",
                Type="User",
            )
        self.revision = str(uuid.uuid4())


def install(gateway: Gateway) -> None:
    """Answer the operations on the policies of functions instead of moto."""
    gateway.answer("lambda", "AddPermission", _add)
    gateway.answer("lambda", "RemovePermission", _remove)
    gateway.answer("lambda", "GetPolicy", _get)
    gateway.check("lambda", "DeleteAlias", _forget)


def of(function: FunctionName) -> Document:
    """Return the policy of a function, or of exactly the version or the alias; AwsError when there is no function."""
    return _document(_stored(function))


def _add(call: Call) -> Mapping[str, Any]:
    function, params = named(call), call.params
    if function.qualifier == LATEST:
        raise _invalid("We currently do not support adding policies for $LATEST.")
    for name, action in _OF_URLS.items():
        if params.get(name) is not None and params["Action"] != action:
            raise _invalid(f"{name} is only supported for the {action} action")
    policy, sid = _stored(function), params["StatementId"]
    if sid in policy.statements:
        raise AwsError(
            "ResourceConflictException",
            f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the "
            "existing statement.",
            Type="User",
        )
    policy.change(call)
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": _principal(params["Principal"], call),
        "Action": params["Action"],
        "Resource": str(function),
    }
    conditions = _conditions(params)
    policy.statements[sid] = {**statement, **({"Condition": conditions} if conditions else {})}
    return {"Statement": json.dumps(policy.statements[sid])}


def _remove(call: Call) -> Mapping[str, Any]:
    policy, sid = _stored(named(call)), call.params["StatementId"]
    if sid not in policy.statements:
        raise _missing(f"Statement {sid} is not found in resource policy.")
    policy.change(call)
    del policy.statements[sid]
    return {}


def _get(call: Call) -> Mapping[str, Any]:
    policy = _stored(named(call))
    if not policy.statements:
        raise _missing("The resource you requested does not exist.")
    return {"Policy": json.dumps(_document(policy)), "RevisionId": policy.revision}


def _forget(call: Call) -> None:
    """Delete the policy of an alias that is about to be deleted."""
    _policies(named(call)).pop(call.params["Name"], None)


def _document(policy: _Policy) -> Document:
    return {"Version": "2012-10-17", "Id": "default", "Statement": list(policy.statements.values())}


def _principal(given: str, call: Call) -> Any:  # noqa: ANN401 - a text or an object, as in policies
    if given == "*":
        return given
    if given.endswith(".amazonaws.com"):
        return {"Service": given}
    return {"AWS": f"arn:{call.partition}:iam::{given}:root" if given.isdecimal() else given}


def _conditions(params: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, (operator, key) in _CONDITIONS.items():
        value = params.get(name)
        if value is not None:
            found.setdefault(operator, {})[key] = str(value).lower() if isinstance(value, bool) else value
    return found


def _stored(function: FunctionName) -> _Policy:
    """Return the policy of a function, or of a version or an alias of it, which must exist."""
    find(str(function))
    return _policies(function).setdefault(function.qualifier or LATEST, _Policy())


def _policies(function: FunctionName) -> MutableMapping[str, _Policy]:
    known: MutableMapping[str, _Policy] = vars(find(function.function)).setdefault(_POLICIES, {})
    return known


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message, Type="User")


def _missing(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message, Type="User")
