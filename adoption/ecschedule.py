"""Files of ecschedule as jobs. Its rules are EventBridge's, with the keys of its README."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from adoption import documents, expressions, run_task
from adoption.found import IS_OFF, UNKNOWN, Contents, Found, Leftover, Notes, SourceError
from adoption.keys import Keys
from settings import Job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adoption.documents import Document

_TEMPLATE = re.compile(r"\{\{.*?\}\}")
_ENV = re.compile(r"""\{\{\s*env\s+["`][^"`]*["`]\s+["`]([^"`]*)["`]\s*\}\}""")
_MARK = re.compile(r"ecschedule-template-(\d+)-")
_EXPRESSION = "scheduleExpression"
_MEMBERS = {
    "cluster": "cluster",
    "taskDefinition": "taskDefinition",
    "taskCount": "count",
    "group": "group",
    "launch_type": "launchType",
    "platform_version": "platformVersion",
    "capacityProviderStrategy": "capacityProviderStrategy",
    "propagateTags": "propagateTags",
}
"""The keys of a rule, and the members of RunTask that they become."""
_IGNORED = ("targetId", "role", "region", "trackingId")
"""Keys about the rule itself. The program has a launch role of its own for each job."""
_OF_FILE = ("role", "trackingId", "plugins")


def read(content: bytes, file: str) -> tuple[Contents, str | None]:
    """Return the jobs of a file, and its region. Raises SourceError when it is not a file of ecschedule.

    What a template would write is not known, except the default of an `env`.
    """
    text = content.decode("utf-8", errors="replace")
    templates = _TEMPLATE.findall(text)
    marked = _TEMPLATE.sub(_marks(), text)
    found: list[Found] = []
    leftovers: list[Leftover] = []
    region = None
    for document in documents.read(marked.encode(), file):
        given = Keys(document.value)
        cluster, region = given.text("cluster"), given.text("region") or region
        rules = document.items("rules")
        given.take("rules")
        if not rules:
            raise SourceError(f"{document.place('')}: has no rules; is this a file of ecschedule?")
        for name, _ in given.unread():
            if name not in _OF_FILE:
                leftovers.append(Leftover(document.place(name), name, "is left out: it is no key that ecschedule has"))
        found += [_job(rule, cluster, templates) for rule in rules]
    return Contents(found, leftovers), region


def _marks() -> Any:  # noqa: ANN401 - what re.sub takes
    numbers = iter(range(10**9))
    return lambda _: f"ecschedule-template-{next(numbers)}-"


def _job(rule: Document, cluster: str, templates: Sequence[str]) -> Found:
    note = Notes(rule.place)
    given = Keys(_filled(rule.value, templates, "", note))
    name, expression = given.text("name") or UNKNOWN, given.text(_EXPRESSION)
    description = given.text("description")
    request = _request(given, cluster)

    def of_request(path: str, todo: str) -> None:
        note(_key(path), todo)

    fields = run_task.job_fields(request, None, of_request)
    place = run_task.placement(request, of_request)
    if given.take("dead_letter_config"):
        note("dead_letter_config", run_task.DEAD_LETTERS)
    if given.take("disabled") or given.take("disable"):
        note("disabled", f"is true: {IS_OFF}")
    for key, _ in given.unread():
        if key not in _IGNORED:
            note(key, "is left out: a job has nothing like it")
    return Found(
        where=rule.place(""),
        kind="rule of ecschedule",
        job=Job(name=name, owner="", description=description, **fields),
        schedules=expressions.of_rule(expression, note, _EXPRESSION),
        placement=place,
        leftovers=note.leftovers,
    )


def _filled(value: object, templates: Sequence[str], path: str, note: Notes) -> Any:  # noqa: ANN401 - YAML
    """Return a value with the defaults of its templates. A text whose template has none is left out."""
    if isinstance(value, dict):
        filled = {key: _filled(part, templates, f"{path}.{key}" if path else key, note) for key, part in value.items()}
        return {key: part for key, part in filled.items() if part is not None}
    if isinstance(value, list):
        parts = [_filled(part, templates, f"{path}[{place}]", note) for place, part in enumerate(value)]
        return [part for part in parts if part is not None]
    if not isinstance(value, str) or not _MARK.search(value):
        return value
    written = _MARK.sub(lambda found: templates[int(found[1])], value)
    if (text := _ENV.sub(lambda found: found[1], written)) and not _TEMPLATE.search(text):
        note(path, f"is the template {written}, of which the default is written")
        return text
    note(path, f"is the template {written}, so it is left out; write what it gives you")
    return None


def _request(given: Keys, cluster: str) -> dict[str, Any]:
    """Return the request to RunTask that a rule makes."""
    request = {member: value for key, member in _MEMBERS.items() if (value := given.take(key)) is not None}
    network = given.below("network_configuration").below("aws_vpc_configuration")
    names = {"subnets": "subnets", "securityGroups": "security_groups", "assignPublicIp": "assign_public_ip"}
    vpc = {member: value for member, key in names.items() if (value := network.take(key)) is not None}
    overrides = [dict(one.unread()) | {"environment": _pairs(one)} for one in given.all_of("containerOverrides")]
    return {
        "cluster": cluster,
        **request,
        "networkConfiguration": {"awsvpcConfiguration": vpc},
        "overrides": {"containerOverrides": overrides},
    }


def _pairs(override: Keys) -> list[dict[str, str]]:
    variables = override.below("environment")
    return [{"name": name, "value": str(value)} for name, value in variables.unread()]


def _key(path: str) -> str:
    """Return the key of ecschedule for a member of the request."""
    keys = {member: key for key, member in _MEMBERS.items()}
    if path.startswith("networkConfiguration"):
        return "network_configuration"
    return keys.get(path) or path.removeprefix("overrides.")
