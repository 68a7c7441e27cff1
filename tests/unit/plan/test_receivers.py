"""Tests of jobs that are a request to a receiver: what job file and stack config say together, and every mistake."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

import plan
import settings
from plan import advice
from settings import Http, Problems, secrets
from settings.job import Job
from tests.unit.plan.test_plan import SERVICE, build

FILE, RECEIVERS = "jobs/a.py", "scheduled-jobs:receivers"
FLEET = {"url": "https://fleet.example.com/jobs", "secret": "fleet/jobs"}
PASTED = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def job(http: object = Http("fleet"), **fields: Any) -> Job:  # noqa: ANN401 - fields of a job
    """Return a job with a request, as a job file has it."""
    return Job(**{"name": "a", "owner": "data", "http": http, **fields})


def messages(given: Job, entry: object = "rate(1 day)", **receivers: object) -> list[str]:
    """Return the messages about a job, in a stack with one placement and these receivers."""
    return build({"a": entry}, [given], placements={"web": SERVICE}, receivers=receivers)[1]


def test_a_public_receiver_needs_no_placement() -> None:
    """The job is supervised, with the usual limits, and has the receiver as this stack has it."""
    [found], problems = build({"a": "rate(1 day)"}, [job()], placements={}, receivers={"fleet": FLEET})
    assert problems == []
    assert (found.runner, found.placement, found.image) == (Http("fleet"), "", None)
    assert found.receiver is not None
    assert (found.receiver.url, found.receiver.secret, found.receiver.proof) == (*FLEET.values(), "signature")
    assert found.asks == (f"{FILE}.http",)
    assert found.schedules[0].limits is not None
    assert found.schedules[0].limits.start_deadline == 900


def test_a_private_receiver_gives_the_placement() -> None:
    """Requests within a private network need no encryption, and the job has the receiver's placement."""
    private = {**FLEET, "url": "http://fleet.internal/jobs", "placement": "web"}
    [found], problems = build({"a": "rate(1 day)"}, [job()], placements={"web": SERVICE}, receivers={"fleet": private})
    assert (found.placement, problems) == ("web", [])


@pytest.mark.parametrize(
    "url", ["https://a_b.example.com./x", "https://[2001:4860::1]:8/", "https://a-b/?page=1&keyboard=de"]
)
def test_unusual_addresses(url: str) -> None:
    """What a resolver and a server take is taken."""
    assert messages(job(), fleet={**FLEET, "url": url}) == []


def test_a_name_that_is_no_text() -> None:
    """A stack file may have numbers as keys. The message about the job's receiver comes all the same."""
    problems = Problems()
    given: Any = {"placements": {}, "schedules": {"a": "rate(1 day)"}, "receivers": {5: FLEET}}
    plan.build(settings.parse(given, problems), [job()], problems)
    assert f"{FILE}.http.receiver: 'fleet': no such receiver in {RECEIVERS}; must be one of: 5" in map(str, problems)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:8080", "127.9.0.1"])
def test_a_receiver_on_this_machine(host: str) -> None:
    """The sandbox's receivers need neither encryption nor a placement."""
    assert messages(job(), fleet={**FLEET, "url": f"http://{host}/jobs"}) == []


@pytest.mark.parametrize(
    ("receiver", "expected"),
    [
        ({"url": "fleet.example.com"}, "url: 'fleet.example.com': must be a web address in ASCII, such as https://"),
        ({"url": "ftp://fleet.example.com"}, "url: 'ftp://fleet.example.com': must be a web address in ASCII, such as"),
        ({"url": "https://fleet.example.com/ä"}, "url: 'https://fleet.example.com/ä': must be a web address in ASCII"),
        ({"url": "https://:80/"}, "url: 'https://:80/': must have a host, and any port must be 1 to 65535, such as"),
        ({"url": "https://a:99999/"}, "url: 'https://a:99999/': must have a host, and any port must be 1 to 65535"),
        ({"url": "https://a/#b"}, "url: 'https://a/#b': contains a fragment (#), which no server gets; remove it"),
        ({"url": "https://u:geheim@a/"}, "url: [secret]: contains a user or a password, which would be stored in"),
        ({"url": "https://geheim@a/"}, "url: [secret]: contains a user or a password, which would be stored in clear"),
        ({"url": "https://a/?token=geheim#"}, "url: [secret]: contains a fragment (#), which no server gets"),
        ({"url": "https://a\\b/"}, "url: 'https://a\\b/': must have a host"),
        ({"url": "https://a..b/"}, "url: 'https://a..b/': must have a host"),
        ({"url": "https://-a.com/"}, "url: 'https://-a.com/': must have a host"),
        ({"url": "https://a%20b/"}, "url: 'https://a%20b/': must have a host"),
        ({"url": "https://*.example.com/"}, "url: 'https://*.example.com/': must have a host"),
        ({"url": f"https://{'a' * 64}.com/"}, f"url: 'https://{'a' * 64}.com/': must have a host"),
        ({"url": f"https://{'a.' * 127}com/"}, f"url: 'https://{'a.' * 20}"),
        ({"url": "https://a/" + "x" * 1015}, "url: 'https://a/xxxx"),
        (
            {"url": "http://fleet.example.com/"},
            (
                "url: 'http://fleet.example.com/': goes through the internet unencrypted; must begin with https, "
                f"unless the requests come from a private network ({RECEIVERS}.fleet.placement)"
            ),
        ),
        (
            {"url": "https://10.0.0.7/"},
            (
                f"url: 'https://10.0.0.7/': is in a private network; set {RECEIVERS}.fleet.placement to the placement "
                "from whose network it is reached"
            ),
        ),
        ({"placement": "wep"}, "placement: 'wep': no such placement in scheduled-jobs:placements; did you mean 'web'?"),
        ({"proof": "basic"}, "proof: 'basic': must be 'signature' or 'bearer'"),
        ({"secret": f"whsec_{PASTED}"}, "secret: [secret]: is the secret itself; store it in Secrets Manager, and"),
        ({"secret": f"{PASTED} "}, "secret: [secret]: must be the name of a secret in Secrets Manager, such as fleet/"),
        ({"secret": 98765}, "secret: [secret]: must be text"),
        ({"secret": "arn:aws:sqs:x"}, "secret: 'arn:aws:sqs:x': must be the name of a secret in Secrets Manager, such"),
        ({"secrets": "a"}, "secrets: unknown key; did you mean 'secret'?"),
    ],
)
def test_what_is_no_receiver(receiver: dict[str, Any], expected: str) -> None:
    """The mistake is the only message, has its key path, and never shows what may be a secret."""
    [found] = messages(job(), fleet={**FLEET, **receiver})
    assert found.startswith(f"{RECEIVERS}.fleet.{expected}")
    assert not any(secret in found for secret in ("geheim", PASTED, "98765"))


def test_what_is_no_mapping() -> None:
    """A secret in place of a receiver is not shown either."""
    assert messages(job(), fleet=f"whsec_{PASTED}") == [f"{RECEIVERS}.fleet: [secret]: must be a mapping"]
    assert messages(job(), fleet="https://u:geheim@a") == [f"{RECEIVERS}.fleet: [secret]: must be a mapping"]


def test_encrypted_config_is_no_place_for_it() -> None:
    """A secret of Pulumi's config would be stored in clear all the same."""
    problems = Problems()
    secrets.check([f"{RECEIVERS}.fleet.secret"], "scheduled-jobs", problems)
    [found] = problems
    assert found.message.endswith("put the secret into Secrets Manager, and write its name or its ARN here")


@pytest.mark.parametrize(
    ("http", "expected"),
    [
        ("fleet", ": 'fleet': must be Http(...), such as Http(\"fleet\")"),
        (Http("flet"), f".receiver: 'flet': no such receiver in {RECEIVERS}; did you mean 'fleet'?"),
        (Http("Fleet"), ".receiver: 'Fleet': must be lower-case letters, digits and hyphens, starting with a letter"),
        (Http("fleet", jobs="hello"), ".jobs: 'hello': must be a list"),
        (Http("fleet", jobs=["hello", "hello"]), '.jobs: ["hello", "hello"]: names \'hello\' more than once'),
        (Http("fleet", jobs=["he llo"]), ".jobs[0]: 'he llo': must be letters, digits, underscores, dots, colons"),
        (Http("fleet", jobs=[]), ".jobs: []: value should have at least 1 item, not 0"),
        (Http("fleet", jobs=[f"j{n}" for n in range(21)]), ".jobs: "),
        (Http("fleet", callback_within="2 hours"), ".callback_within: '2 hours': must be hours, minutes and seconds"),
        (Http("fleet", callback_within="400h"), ".callback_within: '400h': must be at least 1s and at most 336h"),
    ],
)
def test_what_is_no_request(http: object, expected: str) -> None:
    """The mistake is the only message: no placement is missed."""
    [found] = messages(job(http), fleet=FLEET)
    assert found.startswith(f"{FILE}.http{expected}")


def test_a_receiver_with_a_mistake_is_not_missed() -> None:
    """It is there, and its mistake is told once. Without any receiver, a job says which one it wants."""
    assert len(messages(job(), fleet={**FLEET, "proof": "basic"})) == 1
    assert messages(job()) == [f"{FILE}.http.receiver: 'fleet': no such receiver in {RECEIVERS}"]


@pytest.mark.parametrize(
    ("fields", "entry", "expected"),
    [
        ({"command": ["a"]}, {}, f"{FILE}.command: belongs to a container, and {FILE}.http runs this job; remove it"),
        (
            {"placement": "web"},
            {},
            f"{FILE}.placement: 'web': a receiver has its placement in stack config ({RECEIVERS}); remove it",
        ),
        (
            {},
            {"totalTimeout": "2h"},
            (
                "scheduled-jobs:schedules.a.totalTimeout: '2h': would stop a run, and nobody can stop a receiver; "
                "remove it, because a receiver runs this job"
            ),
        ),
        (
            {"overlap": "replace"},
            {},
            (
                f"{FILE}.overlap: 'replace': would stop the earlier run, but nobody can stop a receiver; use skip, "
                "queue or allow"
            ),
        ),
        (
            {"retries": 1, "retry_on": [3]},
            {},
            (
                f"{FILE}.retry_on: [3]: names exit codes, and receivers tell none; remove it, because a receiver "
                "runs this job"
            ),
        ),
    ],
)
def test_what_a_request_cannot_have(fields: dict[str, Any], entry: dict[str, Any], expected: str) -> None:
    """Each is a mistake at its place: it would be accepted and do nothing."""
    assert messages(job(**fields), {"rate": "1 day", **entry}, fleet=FLEET) == [expected]


def test_all_mistakes_at_once() -> None:
    """One preview names the mistakes of all receivers and of all jobs."""
    found = messages(job(Http("flet")), fleet={**FLEET, "placement": "x"}, other={**FLEET, "url": "http://a.example/"})
    assert [text.partition(": ")[0] for text in found] == [
        f"{RECEIVERS}.fleet.placement",
        f"{RECEIVERS}.other.url",
        f"{FILE}.http.receiver",
    ]


def test_a_receiver_that_no_job_has() -> None:
    """It is noted, unless a job that is off in this stack has it."""
    problems = Problems()
    config = {"placements": {}, "schedules": {"a": "off"}, "receivers": {"fleet": FLEET, "other": FLEET}}
    plan.build(settings.parse(config, problems), [job()], problems)
    assert list(map(str, problems.notes)) == [
        f"{RECEIVERS}.other: no job file has a request to it, so nothing is made for it"
    ]


def test_an_address_with_a_secret() -> None:
    """Config and the function's variables show it, so a preview warns once for each receiver, without the value."""
    fleet = {**FLEET, "url": "https://fleet.example.com/jobs?tenant=a&api_key=geheim"}
    jobs = [job(), replace(job(), name="b")]
    found, problems = build(
        {"a": "rate(1 day)", "b": "rate(1 day)"}, jobs, placements={}, receivers={"fleet": fleet, "other": FLEET}
    )
    assert problems == []
    [warning] = advice.advise(found, datetime(2026, 11, 29, tzinfo=UTC))
    assert warning.startswith(f"{RECEIVERS}.fleet.url: the name of the parameter 'api_key' looks secret. Lambda and")
    assert "geheim" not in warning
