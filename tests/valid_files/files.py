"""Draws a stack file with its job files: valid ones, with what must then be in the account."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.valid_files import guarantees, jobs, places, times
from tests.valid_files.account import BOUNDARY, FUNCTIONS, KEY, QUEUES, REGION, TOPIC
from tests.valid_files.chance import Chance
from tests.valid_files.written import PREFIX, written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.valid_files.jobs import Asked, Drawn

_CLASSES = (
    *("failed", "not-started", "not-launched", "missed", "interrupted", "overrun", "not-done", "will-not-launch"),
    *("too-late", "timed-out", "drifted"),
    "stopped",
)
_PLACEMENTS = ("batch", "null", "yes", "windows-machines", "p2", "placement-with-a-name-of-just-40-letters")
_TAG_KEYS = ("team", "cost-center", "Größe", "a b", "x:y/z=1+2-3@4_5", "k" * 128, "true", "1", "環境")
_TAG_VALUES = ("data", "null", "007", "1e3", "é b", "v" * 256, "a:b/c=d+e-f@g_h.i", "no", "環境")
_EMAILS = ("on-call@example.com", "a+b.c_d@sub.example.co.uk", "o'neil@example.com", "{x}|~@example.com")
_HTTPS = ("https://hooks.example.com/a?b=c&d=%7B#e", "https://[2001:db8::1]:8443/x", "http://127.0.0.1:9/hook")
_RECEIVERS: Mapping[str, Mapping[str, str]] = {
    "fleet": {"url": "https://fleet.example.com/jobs?a=b", "secret": "fleet/jobs", "proof": "bearer"},
    "a": {"url": "http://127.0.0.1:9", "secret": "x" * 512},
    "receiver-of-32-characters-abcdef": {
        "url": "https://[2606:4700::1]:8443/x",
        "secret": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:fleet/jobs-AbCdEf",
        "proof": "signature",
    },
}
_SECRET_SHARE = 0.3
_ENCRYPTED = {"secure": "v1:bm9uY2U=:Y2lwaGVydGV4dA=="}


@dataclass(frozen=True)
class Endpoint:
    """A subscription of the topic of alerts, as the files ask for it."""

    protocol: str
    address: str | None
    """None for a secret address."""
    filtered: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Files:
    """A stack file with its job files."""

    stack: str
    config: Mapping[str, Any]
    """The values that the stack file writes."""
    jobs: Mapping[str, str]
    """The texts of the job files, by the names of their modules."""
    schedules: Mapping[str, Asked]
    """By name."""
    endpoints: Sequence[Endpoint]
    topic: str | None
    boundary: str | None
    tags: Mapping[str, str] = field(default_factory=dict)


def files(seed: int, *, most_jobs: int = 10) -> Files:
    """Return the files of a seed."""
    chance = Chance(seed)
    config: dict[str, Any] = {"aws:region": REGION}
    group = f"scheduled-jobs-valid-{seed}"
    names = ("default", *chance.some(_PLACEMENTS, 1, 3))
    drawn_places = {name: places.placement(chance, f"{group}-{name}") for name in names}
    config["placements"] = {name: given for name, (given, _) in drawn_places.items()}
    zone = "UTC"
    if chance.says():
        zone = chance.one(times.ZONES)
        config["defaults"] = {"timezone": zone}
    tags = {key: chance.one(_TAG_VALUES) for key in chance.some(_TAG_KEYS, 0, 4)}
    if tags:
        config["tags"] = tags
    calendars = guarantees.calendars(chance) if chance.says() else {}
    if calendars:
        config["calendars"] = calendars
    if chance.says():
        config["receivers"] = _receivers(chance, names)
    shared = jobs.Shared(zone, tags, [*calendars], group)
    known = {name: place for name, (_, place) in drawn_places.items()}
    drawn = [
        jobs.off_job(chance, name) if chance.says(0.1) else jobs.job(chance, name, known, shared)
        for name in chance.some(jobs.JOB_NAMES, 1, most_jobs)
    ]
    config["schedules"] = {one.name: one.entry for one in drawn}
    endpoints = _alerts(chance, config, drawn)
    if chance.says():
        config["iam"] = {"permissionsBoundary": BOUNDARY}
    if chance.says():
        ledger = {"days": chance.one((1, 90, 3650)), "retain": chance.says()}
        config["ledger"] = {key: ledger[key] for key in chance.some([*ledger])}
    if chance.says():
        config["logs"] = {"days": chance.one((1, 30, 3653))}
    if chance.says():
        config["encryption"] = {"kmsKey": KEY}
    named = {key if ":" in key else PREFIX + key: value for key, value in config.items()}
    modules = {one.name.replace("-", "_"): one.file for one in drawn}
    return Files(
        written(named, chance),
        named,
        {**modules, "_shared": f"OWNERS = {jobs.OWNERS!r}\n"},
        {name: asked for one in drawn for name, asked in one.schedules.items()},
        endpoints,
        config.get("alerts", {}).get("topic"),
        config.get("iam", {}).get("permissionsBoundary"),
        tags,
    )


def _receivers(chance: Chance, placements: Sequence[str]) -> dict[str, Any]:
    """Return receivers that no job of the stack has. Those with a placement may have an address without encryption."""
    private = {"url": "http://fleet.internal/", "secret": "a", "placement": chance.one(placements)}
    return {name: dict(_RECEIVERS[name]) for name in chance.some([*_RECEIVERS])} | {"private": private}


def _alerts(chance: Chance, config: dict[str, Any], drawn: Sequence[Drawn]) -> list[Endpoint]:
    """Set the section of alerts; return its endpoints."""
    if chance.says(0.2):
        return []
    stops = chance.says()
    classes = _CLASSES if stops else _CLASSES[:-1]
    alerts: dict[str, Any] = {}
    endpoints = []
    for kind, addresses in (("email", _EMAILS), ("https", _HTTPS), ("sqs", QUEUES), ("lambda", FUNCTIONS)):
        if chance.says():
            listed: list[Any] = []
            for address in chance.some(addresses):
                given, endpoint = _endpoint(chance, kind, address, classes, drawn)
                listed.append(given)
                endpoints.append(endpoint)
            alerts[kind] = listed
    optional: dict[str, Any] = {
        "topic": TOPIC,
        "quiet": chance.some(classes, 0, 3),
        "grace": chance.one(("1 minute", "9 minutes", "240 minutes")),
        "pending": chance.one(("1 minute", "45 minutes")),
        "secretNames": chance.some(("*PASSWORD*", "KEY", "*_a1")),
        "stops": stops,
    }
    alerts |= {key: value for key, value in optional.items() if chance.says()}
    if stops:
        alerts["stops"] = True
    pairs = [*alerts.items()]
    config["alerts"] = dict(chance.some(pairs, len(pairs)))
    return endpoints


def _endpoint(
    chance: Chance, kind: str, address: str, classes: Sequence[str], drawn: Sequence[Drawn]
) -> tuple[object, Endpoint]:
    protocol = "http" if address.startswith("http:") else kind
    secret = protocol == "https" and chance.says(_SECRET_SHARE)
    given: object = dict(_ENCRYPTED) if secret else address
    told = None if secret else address
    if chance.says():
        return given, Endpoint(protocol, told, {})
    lists: dict[str, Sequence[str]] = {
        "classes": (*classes, "recovered"),
        "owners": sorted({one.owner for one in drawn}),
        "jobs": [one.name for one in drawn],
        "severities": jobs.SEVERITIES,
    }
    chosen = {key: chance.some(options, 1, 3) for key, options in lists.items() if chance.says()}
    attributes = {"classes": "class", "owners": "owner", "jobs": "job", "severities": "severity"}
    filtered = {attributes[key]: sorted(chosen_) for key, chosen_ in chosen.items()}
    return {"to": given, **chosen}, Endpoint(protocol, told, filtered)
