"""IAM: roles and their inline policies."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar, Final

from emulator.provider.core import tags
from emulator.provider.core.compare import policy_document, unordered
from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present, rfc3339

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws, Client
    from emulator.provider.core.properties import Properties

GONE: Final = frozenset({"NoSuchEntity", "NoSuchEntityException"})
"""IAM's error codes for an entity that does not exist."""


class Role(ResourceType):
    """An IAM role. Inline and attached policies are managed only when the program lists them here."""

    token = "aws:iam/role:Role"
    label = "IAM Role"
    inputs = frozenset(
        {
            "assumeRolePolicy",
            "description",
            "forceDetachPolicies",
            "inlinePolicies",
            "managedPolicyArns",
            "maxSessionDuration",
            "name",
            "path",
            "permissionsBoundary",
            "tags",
        }
    )
    outputs = frozenset({"arn", "createDate", "uniqueId"})
    required = frozenset({"assumeRolePolicy"})
    replace_on = frozenset({"path"})
    auto_name = AutoName(64)
    defaults: ClassVar = {"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"}
    computed = frozenset({"inlinePolicies", "managedPolicyArns"})
    volatile = frozenset({"inlinePolicies", "managedPolicyArns"})
    write_only = frozenset({"forceDetachPolicies"})
    json_inputs = frozenset({"assumeRolePolicy"})
    canonical: ClassVar = {
        "assumeRolePolicy": policy_document,
        "inlinePolicies.policy": policy_document,
        "managedPolicyArns": unordered,
    }
    gone = GONE
    regional = False

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(
            RoleName=inputs["name"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Path=inputs.get("path"),
            Description=inputs.get("description"),
            MaxSessionDuration=inputs.get("maxSessionDuration"),
            PermissionsBoundary=inputs.get("permissionsBoundary"),
            Tags=tags.to_list(inputs.get("tags")),
        )
        aws.client("iam").create_role(**request)
        return str(inputs["name"])

    def finish(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        _match_policies(aws.client("iam"), resource_id, {}, inputs)

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        client = aws.client("iam")
        role = client.get_role(RoleName=resource_id)["Role"]
        state = {
            "arn": role["Arn"],
            "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),
            "createDate": rfc3339(role["CreateDate"]),
            "description": role.get("Description", ""),
            "maxSessionDuration": role.get("MaxSessionDuration", 3600),
            "name": role["RoleName"],
            "path": role["Path"],
            "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
            "tags": tags.from_list(role.get("Tags")),
            "uniqueId": role["RoleId"],
        }
        return {**state, **_policies_state(client, resource_id, known)}

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("iam")
        if old.get("assumeRolePolicy") != new.get("assumeRolePolicy"):
            client.update_assume_role_policy(RoleName=resource_id, PolicyDocument=new["assumeRolePolicy"])
        if old.get("description") != new.get("description"):
            client.update_role_description(RoleName=resource_id, Description=new.get("description", ""))
        if old.get("maxSessionDuration") != new.get("maxSessionDuration"):
            # moto clears a description that UpdateRole does not repeat; on AWS the repetition changes nothing.
            described = {"Description": new["description"]} if new.get("description") else {}
            duration = new.get("maxSessionDuration", 3600)
            client.update_role(RoleName=resource_id, MaxSessionDuration=duration, **described)
        boundary = new.get("permissionsBoundary")
        if boundary and boundary != old.get("permissionsBoundary"):
            client.put_role_permissions_boundary(RoleName=resource_id, PermissionsBoundary=boundary)
        if old.get("permissionsBoundary") and not boundary:
            client.delete_role_permissions_boundary(RoleName=resource_id)
        _match_policies(client, resource_id, old, new)
        added, removed = tags.difference(old, new)
        if removed:
            client.untag_role(RoleName=resource_id, TagKeys=removed)
        if added:
            client.tag_role(RoleName=resource_id, Tags=tags.to_list(added))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        client = aws.client("iam")
        _match_policies(client, resource_id, state, {})
        if state.get("forceDetachPolicies"):
            _match_policies(client, resource_id, _all_policies(client, resource_id), {})
        client.delete_role(RoleName=resource_id)


class RolePolicy(ResourceType):
    """An inline policy of a role."""

    token = "aws:iam/rolePolicy:RolePolicy"
    label = "IAM Role Policy"
    inputs = frozenset({"name", "policy", "role"})
    outputs = frozenset()
    required = frozenset({"policy", "role"})
    replace_on = frozenset({"role"})
    auto_name = AutoName(128)
    json_inputs = frozenset({"policy"})
    canonical: ClassVar = {"policy": policy_document}
    gone = GONE
    regional = False

    def create(self, aws: Aws, inputs: Properties) -> str:
        _put_inline(aws.client("iam"), inputs["role"], inputs)
        return f"{inputs['role']}:{inputs['name']}"

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        role, _, name = resource_id.partition(":")
        found = aws.client("iam").get_role_policy(RoleName=role, PolicyName=name)
        return {"name": found["PolicyName"], "policy": json.dumps(found["PolicyDocument"]), "role": found["RoleName"]}

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        del old
        role, _, name = resource_id.partition(":")
        _put_inline(aws.client("iam"), role, {**new, "name": name})

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        del state
        role, _, name = resource_id.partition(":")
        aws.client("iam").delete_role_policy(RoleName=role, PolicyName=name)


def _put_inline(client: Client, role: str, policy: Properties) -> None:
    client.put_role_policy(RoleName=role, PolicyName=policy["name"], PolicyDocument=policy["policy"])


def _all_policies(client: Client, role: str) -> Properties:
    attached = client.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    names = client.list_role_policies(RoleName=role)["PolicyNames"]
    return {
        "inlinePolicies": [{"name": name} for name in names],
        "managedPolicyArns": [policy["PolicyArn"] for policy in attached],
    }


def _policies_state(client: Client, role: str, known: Properties) -> Properties:
    """Return the role's policies of the kinds that `known` lists; the others belong to other resources."""
    # An import includes the attached policies; inline policies are nearly always separate resources.
    listed = (
        [key for key in ("inlinePolicies", "managedPolicyArns") if known.get(key)] if known else ["managedPolicyArns"]
    )
    if not listed:
        return {"inlinePolicies": [], "managedPolicyArns": []}
    found = _all_policies(client, role)
    for policy in found["inlinePolicies"] if "inlinePolicies" in listed else []:
        document = client.get_role_policy(RoleName=role, PolicyName=policy["name"])["PolicyDocument"]
        policy["policy"] = json.dumps(document)
    return {key: found[key] if key in listed else [] for key in found}


def _match_policies(client: Client, role: str, old: Properties, new: Properties) -> None:
    before, after = (set(side.get("managedPolicyArns") or []) for side in (old, new))
    for arn in sorted(before - after):
        with suppress(client.exceptions.NoSuchEntityException):
            client.detach_role_policy(RoleName=role, PolicyArn=arn)
    for arn in sorted(after - before):
        client.attach_role_policy(RoleName=role, PolicyArn=arn)
    kept = {policy["name"] for policy in new.get("inlinePolicies") or []}
    for policy in old.get("inlinePolicies") or []:
        if policy["name"] not in kept:
            with suppress(client.exceptions.NoSuchEntityException):
                client.delete_role_policy(RoleName=role, PolicyName=policy["name"])
    for policy in new.get("inlinePolicies") or []:
        if policy not in (old.get("inlinePolicies") or []):
            _put_inline(client, role, policy)
