"""EventBridge: rules."""

# ruff: noqa: D102, S105 - ResourceType documents the methods; a token names a type, it is not a secret

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from emulator.provider.core import tags
from emulator.provider.core.compare import json_text
from emulator.provider.core.naming import AutoName
from emulator.provider.core.resource import ResourceType
from emulator.provider.core.spelling import present

if TYPE_CHECKING:
    from collections.abc import Iterator

    from emulator.provider.core.clients import Aws, Client
    from emulator.provider.core.properties import Json, Properties

DEFAULT_BUS: Final = "default"


class EventRule(ResourceType):
    """A rule of an event bus; its id is its name, with the prefix `<bus>/` unless the bus is the default one."""

    token = "aws:cloudwatch/eventRule:EventRule"
    label = "EventBridge Rule"
    inputs = frozenset(
        {
            "description",
            "eventBusName",
            "eventPattern",
            "forceDestroy",
            "name",
            "roleArn",
            "scheduleExpression",
            "state",
            "tags",
        }
    )
    outputs = frozenset({"arn", "isEnabled"})
    replace_on = frozenset({"eventBusName"})
    auto_name = AutoName(64)
    defaults: ClassVar = {"eventBusName": DEFAULT_BUS, "forceDestroy": False, "state": "ENABLED"}
    write_only = frozenset({"forceDestroy"})
    json_inputs = frozenset({"eventPattern"})
    canonical: ClassVar = {"eventPattern": json_text}

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        if "eventPattern" in inputs or "scheduleExpression" in inputs:
            return []
        return [("eventPattern", "one of eventPattern and scheduleExpression is required")]

    def create(self, aws: Aws, inputs: Properties) -> str:
        request = present(**_rule_request(inputs), Tags=tags.to_list(inputs.get("tags")))
        aws.client("events").put_rule(**request)
        bus = inputs.get("eventBusName", DEFAULT_BUS)
        return str(inputs["name"] if bus == DEFAULT_BUS else f"{bus}/{inputs['name']}")

    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        del known
        bus, _, name = resource_id.rpartition("/")
        client = aws.client("events")
        rule = client.describe_rule(Name=name, EventBusName=bus or DEFAULT_BUS)
        listed = client.list_tags_for_resource(ResourceARN=rule["Arn"])["Tags"]
        return {
            "arn": rule["Arn"],
            "description": rule.get("Description") or "",
            "eventBusName": bus or rule.get("EventBusName", DEFAULT_BUS),
            "eventPattern": rule.get("EventPattern"),
            "isEnabled": rule["State"] != "DISABLED",
            "name": rule["Name"],
            "roleArn": rule.get("RoleArn") or "",
            "scheduleExpression": rule.get("ScheduleExpression") or "",
            "state": rule["State"],
            "tags": tags.from_list(listed),
        }

    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        client = aws.client("events")
        arn = client.put_rule(**_rule_request({**new, "name": resource_id.rpartition("/")[2]}))["RuleArn"]
        added, removed = tags.difference(old, new)
        if removed:
            client.untag_resource(ResourceARN=arn, TagKeys=removed)
        if added:
            client.tag_resource(ResourceARN=arn, Tags=tags.to_list(added))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        bus, _, name = resource_id.rpartition("/")
        client, where = aws.client("events"), {"EventBusName": bus or DEFAULT_BUS}
        if state.get("forceDestroy"):
            ids = [target["Id"] for target in targets_of(client, bus or DEFAULT_BUS, name)]
            if ids:
                client.remove_targets(Rule=name, Ids=ids, Force=True, **where)
        client.delete_rule(Name=name, Force=bool(state.get("forceDestroy")), **where)


def _rule_request(inputs: Properties) -> dict[str, Json]:
    return present(
        Name=inputs["name"],
        Description=inputs.get("description"),
        EventBusName=inputs.get("eventBusName"),
        EventPattern=inputs.get("eventPattern"),
        RoleArn=inputs.get("roleArn"),
        ScheduleExpression=inputs.get("scheduleExpression"),
        State=inputs.get("state"),
    )


def targets_of(client: Client, bus: str, rule: str) -> Iterator[dict[str, Json]]:
    """Yield the targets of `rule` on the event bus `bus`, as AWS returns them."""
    request = {"Rule": rule, "EventBusName": bus}
    while True:
        page = client.list_targets_by_rule(**request)
        yield from page["Targets"]
        if not page.get("NextToken"):
            return
        request["NextToken"] = page["NextToken"]
