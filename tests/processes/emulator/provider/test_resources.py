"""Each resource type passes through its whole lifecycle, with the engine's calls."""

from __future__ import annotations

import importlib
import inspect
import warnings
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

import pytest

from emulator.provider import registry
from emulator.provider.core.clients import Clients
from emulator.provider.core.properties import UNKNOWN
from emulator.provider.servicer import AwsServicer
from tests.credentials import SESSION
from tests.processes.emulator.provider.case import a_function
from tests.processes.emulator.provider.cases import CASES
from tests.processes.emulator.provider.harness import Deployed, Difference, Engine, Values

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.processes.emulator.provider.case import Case

Boto = "Callable[[str], Any]"

ALWAYS_THERE = {"ClusterCapacityProviders", "TopicPolicy"}
"""Types of parts that a cluster or a topic always has; a deletion restores what AWS gives a new one."""

every_type = pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])


def deployed(engine: Engine, case: Case) -> tuple[Deployed, Values]:
    """Deploy the resources that the case needs and the case's resource, and return both."""
    needs = case.needs(engine)
    return engine.create(case.token, "it", case.inputs(needs)), needs


def camel(name: str) -> str:
    """Return the wire name of a Python property."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def sdk_properties(token: str) -> tuple[set[str], set[str]]:
    """Return the inputs and all properties that pulumi_aws has for `token`."""
    _, module, name = token.split(":")
    path = module.split("/")[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of other types of the package
        package = importlib.import_module(f"pulumi_aws.{path}_" if iskeyword(path) else f"pulumi_aws.{path}")
        kinds = getattr(package, f"{name}Args"), vars(inspect.getmodule(getattr(package, name)))[f"_{name}State"]
    inputs, outputs = ({camel(parameter) for parameter in inspect.signature(kind).parameters} for kind in kinds)
    return inputs, outputs


def test_every_type_has_a_case() -> None:
    """Every resource type has a case in this module."""
    assert {case.token for case in CASES} == set(registry.RESOURCES)


@pytest.mark.parametrize("token", registry.RESOURCES)
def test_declared_properties_are_those_of_pulumi_aws(token: str) -> None:
    """Inputs and outputs have the names of pulumi_aws, and no others."""
    kind = registry.RESOURCES[token]
    inputs, properties = sdk_properties(token)

    assert kind.accepted <= inputs
    assert kind.outputs <= properties - kind.accepted
    assert kind.replacing <= kind.accepted
    assert kind.required | kind.write_only | kind.json_inputs <= kind.inputs
    assert {path.partition(".")[0] for path in kind.computed} <= kind.inputs


@every_type
def test_state_has_id_and_known_properties(engine: Engine, case: Case) -> None:
    """A created resource has the real provider's id, all declared outputs, and only properties of the SDK."""
    it, _ = deployed(engine, case)
    kind = registry.RESOURCES[case.token]

    assert it.id == case.id(it)
    assert kind.outputs <= it.outputs.keys()
    assert it.outputs.keys() <= sdk_properties(case.token)[1]
    assert it.outputs.get("tagsAll") == it.outputs.get("tags")
    assert it.outputs.get("region") == ("eu-central-1" if kind.regional else None)


@every_type
def test_nothing_changes_after_up(engine: Engine, case: Case) -> None:
    """Neither a refresh nor the same program shows a change right after creation."""
    it, needs = deployed(engine, case)

    assert engine.refresh(it) == (it, Difference())
    assert engine.diff(it, case.inputs(needs)) == Difference()


@every_type
def test_preview_calls_nothing(engine: Engine, case: Case) -> None:
    """A preview makes no calls: inputs are known, and AWS's outputs are unknown."""
    needs = case.needs(engine)
    unreachable = Engine(AwsServicer(Clients("http://127.0.0.1:9", SESSION)))

    outputs = unreachable.preview(case.token, "it", case.inputs(needs))

    assert {key: outputs[key] for key in case.inputs(needs)}.keys() == case.inputs(needs).keys()
    assert {outputs[key] for key in registry.RESOURCES[case.token].outputs} <= {UNKNOWN}
    assert not [key for key, value in outputs.items() if value == UNKNOWN and key in case.inputs(needs)]


@every_type
def test_update_in_place(engine: Engine, case: Case) -> None:
    """A change that AWS can make in place updates the resource on AWS, and leaves nothing to change."""
    it, needs = deployed(engine, case)
    news = case.after(needs)

    assert engine.diff(it, news) == Difference(engine.diff(it, news).detail)
    assert tuple(engine.diff(it, news).detail) == case.shown
    updated = engine.update(it, news)

    assert updated.outputs.keys() - {"tags"} <= sdk_properties(case.token)[1]
    assert engine.refresh(updated) == (updated, Difference())
    assert engine.diff(updated, news) == Difference()
    assert (updated.outputs != it.outputs) is bool(case.shown)


@every_type
def test_update_back_and_forth(engine: Engine, case: Case) -> None:
    """An update that is undone restores the former inputs, and leaves nothing on AWS."""
    it, needs = deployed(engine, case)

    there = engine.update(it, case.after(needs))
    back = engine.update(there, case.inputs(needs))

    assert engine.refresh(back) == (back, Difference())
    assert back.inputs == it.inputs


@every_type
def test_preview_of_update_agrees_with_update(engine: Engine, case: Case) -> None:
    """A previewed update changes nothing on AWS, and shows the inputs that the update has later."""
    it, needs = deployed(engine, case)

    previewed = engine.update(it, case.after(needs), preview=True)

    assert engine.refresh(it) == (it, Difference())
    updated = engine.update(it, case.after(needs))
    shared = previewed.outputs.keys() & updated.inputs.keys()
    assert {key: previewed.outputs[key] for key in shared} == {key: updated.inputs[key] for key in shared}


@every_type
def test_replacing_changes(engine: Engine, case: Case) -> None:
    """Each property that AWS cannot change replaces the resource, and is named as the reason."""
    it, needs = deployed(engine, case)

    shown = {key: engine.diff(it, {**case.inputs(needs), key: value}).replaces for key, value in case.replacing.items()}

    assert shown == {key: (key,) for key in case.replacing}


@every_type
def test_import_gives_usable_inputs(engine: Engine, case: Case) -> None:
    """An imported resource has the same id and state; only inputs that AWS does not store are then a change."""
    it, needs = deployed(engine, case)
    kind = registry.RESOURCES[case.token]

    imported = engine.import_(case.token, "it", case.import_id(it))

    assert imported.id == it.id
    assert imported.outputs.keys() >= kind.outputs
    name = {kind.auto_name.name_property} if kind.auto_name else set()
    named = {**case.inputs(needs), **{key: it.outputs[key] for key in name}}
    assert tuple(engine.diff(imported, named).detail) == case.unknown
    assert engine.checked(case.token, "it", imported.inputs).failures == []


@every_type
def test_refresh_shows_changes_made_behind_its_back(engine: Engine, boto: Callable[[str], Any], case: Case) -> None:
    """A refresh names exactly the changes made outside the program, and the program's next update undoes them."""
    it, needs = deployed(engine, case)
    case.behind(boto, it)

    found, shown = engine.refresh(it)

    assert tuple(shown.detail) == case.drift
    assert found is not None
    repaired = engine.update(found, case.inputs(needs))
    assert engine.refresh(repaired) == (repaired, Difference())


@every_type
def test_delete(engine: Engine, case: Case) -> None:
    """A deleted resource is gone for a refresh, and a second deletion succeeds."""
    it, _ = deployed(engine, case)

    engine.delete(it)

    if case.title not in ALWAYS_THERE:
        assert engine.refresh(it) == (None, Difference())
    engine.delete(it)


def test_a_rule_with_force_destroy_is_deleted_with_its_targets(engine: Engine, boto: Callable[[str], Any]) -> None:
    """A rule with targets is deleted after all its targets, which include targets unknown to the program."""
    rule = {"name": "busy", "eventPattern": '{"source": ["aws.ecs"]}', "forceDestroy": True}
    it = engine.create("aws:cloudwatch/eventRule:EventRule", "busy", rule)
    queue = {"Id": "somebodys", "Arn": "arn:aws:sqs:eu-central-1:123456789012:queue"}
    boto("events").put_targets(Rule="busy", Targets=[queue])

    engine.delete(it)

    assert boto("events").list_rules()["Rules"] == []


def test_a_permission_changed_behind_its_back_is_replaced(engine: Engine, boto: Callable[[str], Any]) -> None:
    """A changed permission is replaced: the old statement is deleted first, because the new one has its id."""
    needs = a_function(engine)
    statement = {"statementId": "s", "action": "lambda:InvokeFunction", "principal": "events.amazonaws.com"}
    inputs = {
        **statement,
        "function": needs["function"],
        "sourceArn": "arn:aws:events:eu-central-1:123456789012:rule/r",
    }
    it = engine.create("aws:lambda/permission:Permission", "it", inputs)
    spelled = {f"{key[0].upper()}{key[1:]}": value for key, value in statement.items()}
    boto("lambda").remove_permission(FunctionName=needs["function"], StatementId="s")
    boto("lambda").add_permission(FunctionName=needs["function"], **spelled)

    found, shown = engine.refresh(it)

    assert tuple(shown.detail) == ("sourceArn",)
    assert found is not None
    assert engine.diff(found, inputs) == Difference({"sourceArn": "ADD_REPLACE"}, ("sourceArn",), delete_first=True)
