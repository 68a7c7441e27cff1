"""A rule's target receives the same input as from EventBridge: the event, a part, a constant or a filled template."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.events.input_transformer import (
    MAX_PATH,
    MAX_PATHS,
    MAX_TEMPLATE,
    InvalidInputTransformer,
    UndeliverableInput,
    transform,
    validate,
)

EVENT: dict[str, Any] = {
    "version": "0",
    "detail-type": "ECS Task State Change",
    "time": "2026-03-01T02:00:00Z",
    "detail": {
        "group": "nightly",
        "containers": [{"name": "app", "exitCode": 1}],
        "stoppedReason": 'exec: "nope": not found',
        "attempts": 3,
        "spot": True,
        "note": None,
    },
}
PATHS = {
    "group": "$.detail.group",
    "containers": "$.detail.containers",
    "reason": "$.detail.stoppedReason",
    "attempts": "$.detail.attempts",
    "spot": "$.detail.spot",
    "note": "$.detail.note",
    "missing": "$.detail.group.night.missing",
}
RULE = "arn:aws:events:eu-central-1:111122223333:rule/bus/nightly-alert"


def fill(template: str, event: dict[str, Any] | None = None) -> str:
    """Return the event transformed with the paths above."""
    return transform(event or EVENT, input_paths_map=PATHS, input_template=template, rule_arn=RULE)


def test_whole_event() -> None:
    """Without input parameters a target receives the event."""
    assert json.loads(transform(EVENT)) == EVENT


def test_constant() -> None:
    """A constant is delivered as it was written."""
    assert transform(EVENT, input='{ "a": 1 }') == '{ "a": 1 }'


@pytest.mark.parametrize(
    ("path", "received"),
    [
        ("$", json.dumps(EVENT, separators=(",", ":"))),
        ("$.detail.containers", '[{"name":"app","exitCode":1}]'),
        ("$.detail.group", '"nightly"'),
        ("$.detail-type", '"ECS Task State Change"'),
    ],
)
def test_input_path(path: str, received: str) -> None:
    """A path selects a part of the event, and text has its quotes."""
    assert transform(EVENT, input_path=path) == received


def test_input_path_that_finds_nothing() -> None:
    """A path without a value makes the event undeliverable."""
    with pytest.raises(UndeliverableInput, match=r"\$\.detail\.nothing"):
        transform(EVENT, input_path="$.detail.nothing")


@pytest.mark.parametrize(
    ("template", "received"),
    [
        ('{"g": <group>, "c": <containers>}', '{"g":"nightly","c":[{"name":"app","exitCode":1}]}'),
        ('{"g": "job <group> (<attempts>)"}', '{"g":"job nightly (3)"}'),
        ('{"spot": <spot>, "n": [<attempts>, "<spot>"]}', '{"spot":true,"n":[3,"true"]}'),
        ('{"r": <reason>}', r'{"r":"exec: \"nope\": not found"}'),
        ('{"m": <missing>, "n": <note>, "s": "-<missing>-"}', '{"m":"","n":"","s":"--"}'),
        (r'{"g": "a \"<group>\" \\", "h": <group>}', r'{"g":"a \"nightly\" \\","h":"nightly"}'),
        ("[<group>]", '["nightly"]'),
        ("<containers>", '[{"name":"app","exitCode":1}]'),
        ('"job <group> failed"', '"job nightly failed"'),
        ('"job <group>"\n"after <attempts> of <missing>"', '"job nightly"\n"after 3 of "'),
        ('"{[/ <containers>"', '"{[/ [{name:app,exitCode:1}]"'),
        ('"why: <reason>"', '"why: exec: "nope": not found"'),
        ('"<aws.events.rule-name> <aws.events.rule-arn>"', f'"nightly-alert {RULE}"'),
        ('{"at": <aws.events.event.ingestion-time>}', '{"at":"2026-03-01T02:00:00Z"}'),
    ],
)
def test_template(template: str, received: str) -> None:
    """Placeholders become JSON values or parts of strings, and a missing value leaves them empty."""
    assert fill(template) == received


def test_whole_events_in_a_template() -> None:
    """`aws.events.event` has no detail and a renamed type, and `aws.events.event.json` is the whole event."""
    envelope = {"version": "0", "detailType": "ECS Task State Change", "time": "2026-03-01T02:00:00Z"}
    template = '{"e": <aws.events.event>, "j": <aws.events.event.json>}'
    assert json.loads(fill(template)) == {"e": envelope, "j": EVENT}


def test_ingestion_time() -> None:
    """The time at which the bus received an event can differ from the event's own time."""
    template = "<aws.events.event.ingestion-time>"
    assert transform(EVENT, input_template=template, ingestion_time="2026-03-01T02:00:05Z") == '"2026-03-01T02:00:05Z"'


@pytest.mark.parametrize("placeholder", ["reason", "containers"])
def test_unescaped_values_break_a_json_template(placeholder: str) -> None:
    """A quote or an object within a string of a JSON template makes the event undeliverable, as on EventBridge."""
    with pytest.raises(UndeliverableInput, match="does not escape values"):
        fill(f'{{"r": "<{placeholder}>"}}')


@given(st.text())
def test_bare_placeholders_take_any_text(text: str) -> None:
    """A bare placeholder delivers any string unchanged."""
    event = {"detail": {"stoppedReason": text}}
    assert json.loads(fill('{"r": <reason>}', event)) == {"r": text}


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"input": "{}", "input_path": "$"}, "Only one of Input, InputPath, or InputTransformer"),
        ({"input_path": "$", "input_template": '"a"'}, "Only one of Input, InputPath, or InputTransformer"),
        ({"input": "hello"}, "Input is not JSON"),
        ({"input_template": '"<nobody>"'}, r"invalid placeholder nobody\."),
        ({"input_template": '{"a": <aws.events.nobody>}'}, r"invalid placeholder aws\.events\.nobody\."),
        ({"input_template": '"<aws.events.event.json>"'}, "inside a string"),
        ({"input_template": "job <g>", "input_paths_map": {"g": "$.detail.group"}}, "neither JSON nor lines of quoted"),
        (
            {"input_template": '{"a": <g>', "input_paths_map": {"g": "$.detail.group"}},
            "neither JSON nor lines of quoted",
        ),
        (
            {"input_template": '{<g>: "a"}', "input_paths_map": {"g": "$.detail.group"}},
            "neither JSON nor lines of quoted",
        ),
        ({"input_paths_map": {"g": "$.detail.group"}}, "InputTransformer has no InputTemplate"),
        ({"input_template": ""}, "InputTransformer has no InputTemplate"),
        ({"input_template": f'"{"a" * (MAX_TEMPLATE - 1)}"'}, f"has {MAX_TEMPLATE + 1} characters"),
        ({"input_template": '"a"', "input_paths_map": {"a b": "$.a"}}, "'a b'"),
        ({"input_template": '"a"', "input_paths_map": {"awsRegion": "$.a"}}, "'awsRegion'"),
        (
            {"input_template": '"a"', "input_paths_map": {f"n{n}": "$.a" for n in range(MAX_PATHS + 1)}},
            "has 101 members",
        ),
        ({"input_template": '"a"', "input_paths_map": {"g": "$." + "a" * (MAX_PATH - 1)}}, "has 257 characters"),
        (
            {"input_template": '"a"', "input_paths_map": {"g": "$.a[0]"}},
            "InputPathsMap.g must be .* support an array index",
        ),
        ({"input_template": '"a"', "input_paths_map": {"g": "$.a[*].b"}}, "a wildcard"),
        ({"input_template": '"a"', "input_paths_map": {"g": "$.a[?(@.b)]"}}, "a filter"),
        ({"input_path": "$..a"}, "InputPath must be .* support a recursive descent"),
        ({"input_path": "detail"}, "does not support an unknown form"),
    ],
)
def test_refused_parameters(parameters: dict[str, Any], reason: str) -> None:
    """Parameters that PutTargets refuses, and unsupported paths, are refused before any event."""
    with pytest.raises(InvalidInputTransformer, match=reason):
        validate(**parameters)
    with pytest.raises(InvalidInputTransformer, match=reason):
        transform(EVENT, **parameters)


def test_limits_are_inclusive() -> None:
    """The API's maximum numbers of characters and paths are accepted."""
    paths = {f"n{n}": "$." + "a" * (MAX_PATH - 2) for n in range(MAX_PATHS)}
    validate(input_template=f'"{"a" * (MAX_TEMPLATE - 2)}"', input_paths_map=paths)
