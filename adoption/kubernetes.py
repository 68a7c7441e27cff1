"""Manifests of Kubernetes' CronJobs as jobs: several documents, and lists as `kubectl get -o yaml` prints them."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from adoption import documents, expressions, quantity
from adoption.environment import kept, without_secrets
from adoption.found import IS_OFF, UNKNOWN, Contents, Found, Leftover, Notes, Placement, SourceError
from adoption.keys import Keys
from adoption.unix_cron import Dialect
from cadence.go_cron import is_every, rate_of, without_zone
from settings import Job
from settings.guarantees import MOST_RETRIES
from settings.kubernetes import OVERLAPS
from watch import durations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from adoption.documents import Document

_TEMPLATE = re.compile(rb"\{\{")
_REFERENCE = re.compile(r"(?<!\$)\$\(([A-Za-z_.-][\w.-]*)\)")
_OWNERS = ("owner", "team")
_BACKOFF = "10s"
"""Kubernetes waits as long before the first retry, and doubles that (Kubernetes, Jobs, Pod backoff failure policy)."""
_USUAL_RETRIES = 6
"""The backoffLimit of a job that sets none."""
_SHORTEST_DEADLINE, _LONGEST_DEADLINE = 60, 24 * 3600
_NEVER_MEANT = frozenset(
    {
        *(
            "apiVersion",
            "kind",
            "status",
            "restartPolicy",
            "schedulerName",
            "terminationMessagePath",
            "imagePullPolicy",
        ),
        *("terminationMessagePolicy", "successfulJobsHistoryLimit", "failedJobsHistoryLimit", "metadata", "name"),
        *("ttlSecondsAfterFinished", "dnsPolicy", "stdin", "tty", "enableServiceLinks", "completionMode"),
    }
)
"""Keys that say nothing about what a job does, or that Kubernetes fills in. The ledger keeps every run for 90 days."""
_IN_DEFINITION = "is left out; set it in the task definition"
_LOST = {
    "initContainers": "is left out; add containers to the task definition, on which the job's depends (dependsOn)",
    "volumes": "is left out; the task definition can have volumes of EFS, or ephemeral storage",
    "volumeMounts": "is left out; the task definition can have mount points",
    "serviceAccountName": "is left out; the task role of the task definition has the permissions",
    "serviceAccount": "is left out; the task role of the task definition has the permissions",
    "imagePullSecrets": "is left out; the execution role of the task definition reads images and secrets",
    "nodeSelector": "is left out: Fargate has no nodes to choose",
    "affinity": "is left out: Fargate has no nodes to choose",
    "tolerations": "is left out: Fargate has no nodes to choose",
    "topologySpreadConstraints": "is left out: Fargate has no nodes to choose",
    "terminationGracePeriodSeconds": "is left out; set stopTimeout in the task definition, at most 120 seconds",
    "workingDir": "is left out; set workingDirectory in the task definition",
    "securityContext": "is left out; user, readonlyRootFilesystem and linuxParameters are in the task definition",
    "livenessProbe": "is left out; the task definition can have a healthCheck",
    "parallelism": "is left out: a tick starts one run",
    "completions": "is left out: a tick starts one run",
    "podFailurePolicy": "is left out; retry_on of the job names the exit codes after which an attempt is repeated",
    "backoffLimitPerIndex": "is left out: a tick starts one run",
    "lifecycle": _IN_DEFINITION,
    "ports": _IN_DEFINITION,
}

_FROM = {
    "secretKeyRef": "put the secret into the secrets of the task definition, from Secrets Manager or Parameter Store",
    "configMapKeyRef": "write its value into environment",
    "fieldRef": "nothing here knows it; JOB_NAME and JOB_SCHEDULED_TIME say what runs",
    "resourceFieldRef": "the task metadata endpoint of ECS says the limits",
}
"""What to do instead of a variable's `valueFrom`."""


def read(content: bytes, file: str, service: Mapping[str, Any], now: datetime) -> Contents:
    """Return the jobs of a file. They run in the network of `service`, each in a placement named after its image.

    Raises SourceError when the file is no YAML.
    """
    try:
        found_documents = documents.read(content, file)
    except SourceError as error:
        hint = "; render the templates first, as helm template does" if _TEMPLATE.search(content) else ""
        raise SourceError(f"{error}{hint}") from None
    found: list[Found] = []
    others: set[str] = set()
    for document in found_documents:
        for one in _objects(document):
            kind = str(one.value.get("kind")) if isinstance(one.value, dict) else "text"
            if kind == "CronJob":
                found.append(_job(one, service, now))
            else:
                others.add(kind)
    leftovers = [Leftover(file, kind, "is no CronJob, so it stays where it is") for kind in sorted(others)]
    return Contents(found, leftovers)


def _objects(document: Document) -> Iterator[Document]:
    """Yield a document, or the items of a list."""
    kind = document.value.get("kind") if isinstance(document.value, dict) else None
    if isinstance(kind, str) and kind.endswith("List"):
        yield from document.items("items")
    else:
        yield document


def _job(manifest: Document, service: Mapping[str, Any], now: datetime) -> Found:
    note = Notes(manifest.place)
    given = Keys(manifest.value)
    meta, spec = given.below("metadata"), given.below("spec")
    labels = {**dict(meta.below("labels").unread()), **dict(meta.below("annotations").unread())}
    job_spec = spec.below("jobTemplate").below("spec")
    pod = job_spec.below("template").below("spec")
    main, *sidecars = pod.all_of("containers") or [Keys({}, pod.at("containers"))]
    found = Found(
        where=manifest.place("metadata.name"),
        kind="CronJob",
        job=Job(
            name=meta.text("name") or UNKNOWN,
            owner=next((str(labels[key]) for key in _OWNERS if labels.get(key)), ""),
            **_limits(spec, job_spec, pod, note),
            **_container(main, note),
        ),
        schedules=_schedules(spec, note, now),
        placement=_placement(main, service, note),
        leftovers=note.leftovers,
    )
    for sidecar in sidecars:
        note(sidecar.path, "is left out; the task definition can have containers that are not essential")
    for level in (spec, job_spec, pod, main):
        for key, _ in level.unread():
            if key not in _NEVER_MEANT:
                note(level.at(key), _LOST.get(key, "is left out: a job has nothing like it"))
    return found


def _limits(spec: Keys, job_spec: Keys, pod: Keys, note: Notes) -> dict[str, Any]:
    """Return what the job asks of its runs."""
    overlap = OVERLAPS.get(spec.text("concurrencyPolicy") or "Allow", "allow")
    start, total, attempt = (
        spec.number("startingDeadlineSeconds"),
        job_spec.number("activeDeadlineSeconds"),
        pod.number("activeDeadlineSeconds"),
    )
    if start is not None and not _SHORTEST_DEADLINE <= start <= _LONGEST_DEADLINE:
        bound = min(max(start, _SHORTEST_DEADLINE), _LONGEST_DEADLINE)
        note(
            spec.at("startingDeadlineSeconds"),
            f"is {start}; start_deadline is {durations.text(bound)}, the nearest possible",
        )
        start = bound
    limits: dict[str, Any] = {"overlap": overlap} if overlap != "allow" else {}
    lengths = {"start_deadline": start, "total_timeout": total, "timeout": attempt}
    limits |= {name: durations.text(seconds) for name, seconds in lengths.items() if seconds}
    for level in (spec, job_spec):
        if level.take("suspend") is True:
            note(level.at("suspend"), f"is true: {IS_OFF}")
    return {**limits, **_retries(job_spec, note)}


def _retries(job_spec: Keys, note: Notes) -> dict[str, Any]:
    where, limit = job_spec.at("backoffLimit"), job_spec.number("backoffLimit")
    if limit is None:
        note(
            where,
            f"is not set, so Kubernetes repeats a failed run {_USUAL_RETRIES} times; a job does so with "
            f"retries={_USUAL_RETRIES}",
        )
    elif limit > MOST_RETRIES:
        note(where, f"is {limit}; retries is {MOST_RETRIES}, which is the most")
    return {"retries": min(limit, MOST_RETRIES), "backoff": _BACKOFF} if limit else {}


def _schedules(spec: Keys, note: Notes, now: datetime) -> Mapping[str, Mapping[str, Any]]:
    """Return the schedules. Kubernetes refuses a zone before the fields since 1.25; earlier it took the zone."""
    field = spec.at("schedule")
    before, text = without_zone(spec.text("schedule"))
    zone = spec.text("timeZone") or before
    if is_every(text):
        amount = rate_of(text)
        if amount is None:
            note(field, f"'{text}' is no whole number of minutes, which is the shortest that a schedule can have")
            return {}
        note(field, expressions.other_count(f"'{text}'"))
        return {"": {"rate": amount, "enabled": False}}
    if zone is None:
        note(
            spec.at("timeZone"),
            "is not set, so the zone is that of the controller, which is mostly UTC; the schedule is in UTC",
        )
    return expressions.of_fields(text, zone or "UTC", Dialect.KUBERNETES, partial(note, field), now)


def _placement(main: Keys, service: Mapping[str, Any], note: Notes) -> Placement:
    image = main.text("image")
    name = re.split(r"[:@]", image.rpartition("/")[2])[0]
    family = re.sub(r"[^A-Za-z0-9_-]+", "-", name) or UNKNOWN
    why = f"is {image or 'not set'}; a job runs in a task definition that exists: register {family} with this image"
    note(main.at("image"), why)
    return Placement(family, {"service": dict(service), "taskDefinition": family})


def _container(main: Keys, note: Notes) -> dict[str, Any]:
    """Return command, environment and size of the job."""
    command, arguments = main.words("command"), main.words("args")
    if command:
        note(
            main.at("command"),
            "replaces the image's entry point there, but not here: the task definition must have one that runs what "
            "follows, or none",
        )
    elif not arguments:
        note(main.at("command"), f"is that of the image, which is not known here; write it for {UNKNOWN}")
    words, field = [*command, *arguments] or [UNKNOWN], main.at("command" if command else "args")
    if any(_REFERENCE.search(word) for word in words):
        note(field, "has $(NAME), which Kubernetes replaces and ECS does not; run a shell, and write $NAME")
    return {
        "command": without_secrets(words, field, note),
        "environment": _environment(main, note),
        **_size(main.below("resources"), note),
    }


def _environment(main: Keys, note: Notes) -> dict[str, str]:
    variables: dict[str, str] = {}
    for source in main.all_of("envFrom"):
        names = " and ".join(key for key, _ in source.unread())
        note(source.path, f"is left out ({names}); write the variables, and secrets into the task definition")
    for variable in main.all_of("env"):
        name, sources = variable.text("name"), variable.below("valueFrom")
        kinds = [key for key, _ in sources.unread()]
        value = variable.text("value")
        if kinds:
            note(sources.path, f"{name} is left out; {_FROM.get(kinds[0], _IN_DEFINITION)}")
        elif _REFERENCE.search(value):
            note(variable.path, f"{name} has $(NAME), which Kubernetes replaces and ECS does not, so it is left out")
        else:
            variables |= kept({name: value}, variable.path, note)
    return variables


def _size(resources: Keys, note: Notes) -> dict[str, int]:
    """Return the smallest size of Fargate that has what the container requests and what it may use at most."""
    given = [dict(resources.below(key).unread()) for key in ("requests", "limits")]
    for name in sorted({name for one in given for name in one} - {"cpu", "memory"}):
        note(resources.path, f"{name} is left out; {_IN_DEFINITION.removeprefix('is left out; ')}")
    wanted = {name: [str(one[name]) for one in given if name in one] for name in ("cpu", "memory")}
    read_as = {name: [quantity.of(text) for text in texts] for name, texts in wanted.items()}
    known = {name: [one for one in found if one is not None] for name, found in read_as.items()}
    if not any(known.values()):
        return {}
    cpus, memory = (max(known[name], default=Decimal(0)) for name in ("cpu", "memory"))
    size = quantity.fargate_size(cpus, memory)
    asked = ", ".join(f"{name} {max(texts)}" for name, texts in wanted.items() if texts)
    if size is None:
        note(resources.path, f"is left out: no size of Fargate has {asked}")
        return {}
    if not quantity.is_exactly(size, cpus, memory):
        note(
            resources.path,
            f"asks for {asked}; the job has cpu {size[0]} and memory {size[1]}, the smallest size of Fargate with that",
        )
    return {"cpu": size[0], "memory": size[1]}
