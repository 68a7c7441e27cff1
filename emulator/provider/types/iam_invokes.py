"""The functions that read IAM policies, and simulate those of a principal."""

# ruff: noqa: D102, S105 - Function documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from emulator.provider.core import tags
from emulator.provider.core.errors import ProviderError
from emulator.provider.core.invoke import Function
from emulator.provider.core.spelling import present

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Properties


class GetPolicy(Function):
    """aws.iam.get_policy, by ARN."""

    token = "aws:iam/getPolicy:getPolicy"
    label = "IAM Policy"
    named_by = "arn"

    def run(self, aws: Aws, args: Properties) -> Properties:
        if "arn" not in args:
            raise ProviderError(f"the sandbox's {self.label} is read by its arn only")
        client, arn = aws.client("iam"), args["arn"]
        policy = client.get_policy(PolicyArn=arn)["Policy"]
        version = client.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
        return {
            "arn": policy["Arn"],
            "attachmentCount": policy["AttachmentCount"],
            "description": policy.get("Description", ""),
            "id": policy["Arn"],
            "name": policy["PolicyName"],
            "path": policy["Path"],
            "pathPrefix": "",
            "policy": json.dumps(version["Document"]),
            "policyId": policy["PolicyId"],
            "tags": tags.from_list(policy.get("Tags")),
        }


class GetPrincipalPolicySimulation(Function):
    """aws.iam.get_principal_policy_simulation: what the policies of a role decide about actions on resources."""

    token = "aws:iam/getPrincipalPolicySimulation:getPrincipalPolicySimulation"
    label = "IAM Principal Policy Simulation"
    named_by = "policySourceArn"

    def run(self, aws: Aws, args: Properties) -> Properties:
        entries = [
            {"ContextKeyName": one["key"], "ContextKeyType": one["type"], "ContextKeyValues": one["values"]}
            for one in args.get("contexts") or []
        ]
        request = present(
            ActionNames=args["actionNames"],
            CallerArn=args.get("callerArn"),
            ContextEntries=entries,
            PermissionsBoundaryPolicyInputList=args.get("permissionsBoundaryPoliciesJsons"),
            PolicyInputList=args.get("additionalPoliciesJsons"),
            PolicySourceArn=args["policySourceArn"],
            ResourceArns=args.get("resourceArns"),
            ResourceHandlingOption=args.get("resourceHandlingOption"),
            ResourceOwner=args.get("resourceOwnerAccountId"),
            ResourcePolicy=args.get("resourcePolicyJson"),
        )
        results = list(map(_simulated, aws.client("iam").simulate_principal_policy(**request)["EvaluationResults"]))
        allowed = bool(results) and all(result["allowed"] for result in results)
        return {**args, "allAllowed": allowed, "id": "-", "results": results}


def _simulated(result: Properties) -> Properties:
    return {
        "actionName": result["EvalActionName"],
        "allowed": result["EvalDecision"] == "allowed",
        "decision": result["EvalDecision"],
        "decisionDetails": result.get("EvalDecisionDetails", {}),
        "matchedStatements": [],
        "missingContextKeys": result.get("MissingContextValues", []),
        "resourceArn": result["EvalResourceName"],
    }
