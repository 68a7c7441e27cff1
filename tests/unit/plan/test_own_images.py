"""Tests of jobs that have an image of their own: what job file and stack config say together, and every mistake."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore.session import Session

import plan
import settings
from aws_facts.fargate import FARGATE_SIZES, fargate_problem
from components.own_task_policies import execution_policy, task_policy
from plan import own_images
from settings import Dockerfile, Ebs, Image, Problems, Scratch, Sidecar
from settings.job import Job
from settings.patterns import HALF
from tests.unit.plan.test_plan import build

URI = "registry.example.com/report:1.4"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf"  # noqa: S105 - an ARN
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234abcd"
NO_IMAGE = 'must be Image(...), such as Image("registry.example.com/report:1.4")'
KINDS = "an image with its tag or its digest, such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/report:1.4"
CALL = 'Image("..."), such as Image("registry.example.com/report:1.4")'
PLACE = {"cluster": "staging", "subnets": ["subnet-0a"]}
FILE, ENTRY = "jobs/a.py", "scheduled-jobs:schedules.a"


def job(image: object, **fields: Any) -> Job:  # noqa: ANN401 - fields of a job
    """Return a job with an image, as a job file has it."""
    return Job(**{"name": "a", "command": ["a"], "owner": "data", "image": image, **fields})


def planned(entry: object, given: Job, **config: Any) -> tuple[Image | None, list[str]]:  # noqa: ANN401 - config
    """Return the image of the planned job, and the messages."""
    found, problems = build({"a": entry}, [given], **{"placements": {"default": PLACE}, **config})
    return (found[0].image if found else None), problems


def test_the_stack_wins_over_the_file() -> None:
    """It replaces the image, and adds and replaces secrets."""
    given = job(Image(URI, secrets={"A": SECRET, "B": SECRET}, stop_timeout=60))
    entry = {"rate": "1 day", "image": "registry.example.com/report:1.5", "secrets": {"B": "/b", "C": "/c"}}
    image, problems = planned(entry, given)
    assert problems == []
    assert image == Image(
        "registry.example.com/report:1.5", secrets={"A": SECRET, "B": "/b", "C": "/c"}, stop_timeout=60
    )


def test_a_job_without_an_image_is_what_it_was() -> None:
    """It needs a task definition, which the placement or its service names."""
    service = {"service": {"cluster": "staging", "name": "web"}}
    plain = Job(name="a", command=["a"], owner="data")
    assert planned("rate(1 day)", plain, placements={"default": service}) == (None, [])
    where, why = "scheduled-jobs:placements.default.taskDefinition", "the job 'a' runs here and has no image of its own"
    assert planned("rate(1 day)", plain) == (None, [f"{where}: is missing: {why}"])


def test_command_is_optional() -> None:
    """The image has one. So may a task definition have that somebody names, but not the one of a service."""
    image, problems = planned("rate(1 day)", Job(name="a", owner="data", image=Image(URI)))
    assert (image, problems) == (Image(URI), [])
    plain = Job(name="a", owner="data")
    service = {"service": {"cluster": "staging", "name": "web"}}
    for place in ({**PLACE, "taskDefinition": "batch"}, {**service, "taskDefinition": "batch"}):
        assert planned("rate(1 day)", plain, placements={"default": place}) == (None, [])
    assert planned("rate(1 day)", plain, placements={"default": service}) == (
        None,
        [
            (
                f"{FILE}.command: is missing: the job runs in the task definition of the service 'web', so it would do "
                'what the service does; set it, such as command=["python", "job.py"]'
            )
        ],
    )


def test_a_wrong_command_is_not_a_missing_one() -> None:
    """A mistake in it is the only message, as is one in the image."""
    service = {"service": {"cluster": "staging", "name": "web"}}
    _, problems = planned("rate(1 day)", Job(name="a", owner="data", command=[]), placements={"default": service})
    assert [one.partition(": ")[0] for one in problems] == [f"{FILE}.command"]
    _, problems = planned("rate(1 day)", Job(name="a", owner="data", image=Image("a")), placements={"default": service})
    assert [one.partition(": ")[0] for one in problems] == [f"{FILE}.image.uri"]


MISTAKES: dict[str, tuple[Any, Any, list[str]]] = {
    "no tag": (
        Image("registry.example.com/report"),
        {},
        [f"{FILE}.image.uri: 'registry.example.com/report': must be {KINDS}"],
    ),
    "text": (
        URI,
        {},
        [f"{FILE}.image: '{URI}': {NO_IMAGE}"],
    ),
    "stop timeout": (
        Image(URI, stop_timeout=121),
        {},
        [f"{FILE}.image.stop_timeout: 121: must be less than or equal to 120"],
    ),
    "storage": (
        Image(URI, ephemeral_storage=20),
        {},
        [f"{FILE}.image.ephemeral_storage: 20: must be greater than or equal to 21"],
    ),
    "a container": (
        Image(URI),
        {"container": "app"},
        [f"{FILE}.container: 'app': a job with an image of its own runs in the container 'job'; remove it"],
    ),
    "two roles": (
        Image(
            URI,
            task_role="arn:aws:iam::123456789012:role/a",
            statements=[{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
        ),
        {},
        [f"{FILE}.image: has both task_role and statements; an existing role keeps its own policies"],
    ),
    "a variable that is a secret": (
        Image(URI, secrets={"TOKEN": "/token"}),
        {"environment": {"TOKEN": "x"}},
        [f"{FILE}.environment.TOKEN: is also one of the job's secrets; remove one of them"],
    ),
    "a service's revision": (
        Image(URI),
        {"run_revision": "service"},
        [f"{FILE}.run_revision: 'service': is the task definition of a service; this job has an image of its own"],
    ),
}


@pytest.mark.parametrize(("image", "fields", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_names_each_mistake(image: object, fields: dict[str, Any], expected: list[str]) -> None:
    """At the place where it is written, with the value and what would be accepted."""
    assert planned("rate(1 day)", job(image, **fields))[1] == expected


def test_a_variable_that_is_a_secret_is_named_where_it_stands() -> None:
    """In the job file, in the entry of the job, or in one of its schedules."""
    entry = {
        "secrets": {"B": "/b"},
        "environment": {"A": "x", "C": "x"},
        "daily": {"rate": "1 day", "environment": {"B": "x"}},
        "often": "rate(1 hour)",
    }
    image = Image(URI, secrets={"A": "/a", "D": "/d"})
    _, problems = planned(entry, job(image, environment={"D": "x", "E": "x"}))
    assert problems == [
        f"{place}: is also one of the job's secrets; remove one of them"
        for place in (f"{FILE}.environment.D", f"{ENTRY}.daily.environment.B", f"{ENTRY}.environment.A")
    ]


def test_refuses_what_only_an_image_can_have() -> None:
    """Image and secrets in stack config, of a job whose file has no image."""
    entry = {"rate": "1 day", "image": URI, "secrets": {"A": "/a"}}
    plain = Job(name="a", command=["a"], owner="data")
    service = {"service": {"cluster": "staging", "name": "web"}}
    why = f"is only for a job with an image of its own; {FILE} has no image"
    assert planned(entry, plain, placements={"default": service})[1] == [
        f"{ENTRY}.image: {why}",
        f"{ENTRY}.secrets: {why}",
    ]


@pytest.mark.parametrize("cpu", [None, *FARGATE_SIZES])
@pytest.mark.parametrize("memory", [None, 512, 2048, 30720, 122880])
def test_a_missing_size_fits_the_other(cpu: int | None, memory: int | None) -> None:
    """What the file leaves out is the smallest that goes with what it has."""
    sizes = own_images.sizes(job(Image(URI), cpu=cpu, memory=memory))
    assert sizes[0] == cpu or cpu is None
    assert sizes[1] == memory or memory is None
    if cpu is None or memory is None:
        assert fargate_problem(*sizes) is None


DIGEST = "@sha256:" + "0a" * 32
PARAMETER = "arn:aws:ssm:eu-central-1:123456789012:parameter"
TEXTS: dict[str, tuple[list[str], list[str]]] = {
    "uri": (
        ["busybox:1.37", "localhost:5000/a__b/c-d.e:_1", f"a.example.com/b{DIGEST}", f"a/{'b' * 251}:1"],
        [
            *("Busybox:1", "a.example.com:1", f"a{DIGEST[:-1]}", f"a:1{DIGEST}", f"a/b:1{DIGEST}", "a/B:1", "é:1"),
            *(f"a:{'1' * 129}", f"a/{'b' * 252}:1", "a:5/b:", "a:٣/b:1", "a/b:1\n"),
        ],
    ),
    "secrets": (
        [
            *(
                SECRET,
                f"{SECRET}:key::",
                f"{SECRET}:key:AWSPREVIOUS:",
                f"{SECRET}:::00000000-0000-0000-0000-000000000000",
            ),
            *(
                "a.b-c_D",
                "/a/b",
                "/a" * 15,
                f"{PARAMETER}/a",
                f"{PARAMETER}{'/a' * 15}",
                SECRET.replace("aws", "aws-cn", 1),
            ),
        ],
        [
            *(
                f"{SECRET}:key",
                f"{SECRET}:key:stage:id",
                SECRET[:-1],
                SECRET.replace("db", "dé"),
                "a/b",
                "/a//b",
                "/a/",
            ),
            *(
                "/a" * 16,
                f"{PARAMETER}//a",
                "pässword",
                SECRET.replace("123", "12٣"),
                PARAMETER.replace("aws", "x") + "/a",
            ),
            *("a" * 2049, ""),
        ],
    ),
}


@pytest.mark.parametrize("field", TEXTS)
def test_takes_the_text_that_aws_takes(field: str) -> None:
    """Names of images as Docker has them, and sources of secrets as ECS reads them, in ASCII."""
    sound, wrong = TEXTS[field]
    place = f"{FILE}.image.{field}" + (".A" if field == "secrets" else "")
    refused = []
    for text in (*sound, *wrong):
        image = Image(text) if field == "uri" else Image(URI, secrets={"A": text})
        _, problems = planned("rate(1 day)", job(image))
        assert all(one.startswith(f"{place}: ") for one in problems), problems
        refused += [text] if problems else []
    assert refused == wrong


PLANTED = "hunter2!"
PASTED: dict[str, Image] = {
    "a secret": Image(URI, secrets={"A": PLANTED}),
    "a number": Image(URI, secrets={"A": 271828}),  # type: ignore[dict-item]
    "secrets as text": Image(URI, secrets=f"A={PLANTED}"),  # type: ignore[arg-type]
    "secrets as a list": Image(URI, secrets=[{"name": "A", "valueFrom": PLANTED}]),  # type: ignore[arg-type]
    "a name that is no name": Image(URI, secrets={"A B": PLANTED}),
    "a secret of a sidecar": Image(URI, sidecars=[Sidecar("a", URI, secrets={"A": PLANTED})]),
    "variables as a list": Image(URI, sidecars=[Sidecar("a", URI, environment=[f"API_KEY={PLANTED}"])]),  # type: ignore[arg-type]
    "a variable": Image(URI, sidecars=[Sidecar("a", URI, environment={"API_KEY": 271828})]),  # type: ignore[dict-item]
    "an address": Image(URI, sidecars=[Sidecar("a", URI, environment={"URL": f"amqp://a:{PLANTED}@b/\0"})]),
    "an argument": Image(build=Dockerfile("a", args={"TOKEN": 271828})),  # type: ignore[dict-item]
    "a sidecar in a wrong place": Image(URI, ebs=Sidecar("a", URI, environment={"A": PLANTED})),  # type: ignore[arg-type]
    "several in a wrong place": Image(URI, ebs=[Sidecar("a", URI, environment={"A": PLANTED})]),  # type: ignore[arg-type]
    "a mapping": Image(URI, sidecars=[{"environment": {"DB_PASSWORD": PLANTED}}]),  # type: ignore[list-item]
}


@pytest.mark.parametrize("image", PASTED.values(), ids=PASTED)
def test_a_secret_in_a_wrong_place_is_not_shown(image: Image) -> None:
    """A preview's log has more readers than the file. The message says the place, and what would be accepted."""
    _, problems = planned("rate(1 day)", job(image))
    assert problems
    assert all(": " in one and PLANTED not in one and "271828" not in one for one in problems)


def test_where_a_secret_is_may_be_shown() -> None:
    """So are other values, in which somebody looks for the mistake."""
    image = Image(URI, secrets={"A": f"{SECRET}:key", "B": "/a//b"}, volumes=[Scratch("a")], ebs=Ebs("b", 1))
    _, problems = planned("rate(1 day)", job(image, environment={"LOG_LEVEL": 5}))
    for text in (f"'{SECRET}:key'", "'/a//b'", "'a'", "'b'", ": 5"):
        assert sum(text in one for one in problems) == 1, text


def test_a_mapping_is_no_image() -> None:
    """Its keys would be checked, but not their names: a misspelled one would do nothing."""
    _, problems = planned("rate(1 day)", job({"uri": URI, "stop_timeuot": 5}))
    assert problems == [f'{FILE}.image: {{"uri": "{URI}", "stop_timeuot": 5}}: {NO_IMAGE}']


def test_no_mistake_hides_another() -> None:
    """A wrong field of an image leaves the others to be checked, and is no reason for a second message."""
    wrong = Image(
        "registry.example.com/report",
        ephemeral_storage=1,
        sidecars=[Sidecar("a", URI, cpu=0)],
        volumes=[Scratch("/a", sidecars={"a": "read"}), Scratch("/a")],
        secrets={"TOKEN": "/token"},
    )
    _, problems = planned({"rate": "1 day", "environment": {"TOKEN": "x"}}, job(wrong, container="app"))
    assert [one.partition(": ")[0] for one in problems] == [
        *(f"{FILE}.image.{place}" for place in ("uri", "ephemeral_storage", "sidecars[0].cpu")),
        f"{FILE}.container",
        f"{FILE}.image.volumes[1].path",
        f"{ENTRY}.environment.TOKEN",
    ]
    _, problems = planned("rate(1 day)", job(Image(build="images/report", sidecars=[Sidecar("job", URI)])))  # type: ignore[arg-type]
    assert [one.partition(": ")[0] for one in problems] == [f"{FILE}.image.build", f"{FILE}.image.sidecars[0].name"]


READ: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::reports/*"}
STATEMENTS: dict[str, tuple[list[object], str]] = {
    "effect": ([{**READ, "Effect": "allow"}], "[0]: the Effect is 'allow'; must be Allow or Deny"),
    "no effect": (
        [{"Action": "*", "Resource": "*"}],
        "[0]: has no Effect; must be a policy statement with Effect, Action",
    ),
    "principal": (
        [{**READ, "Principal": "*"}],
        "[0]: has Principal; must have only Sid, Effect, Action, Resource, Cond",
    ),
    "service": (
        [{**READ, "Action": "s3"}],
        "[0]: the Action is 's3'; must be actions, such as s3:GetObject",
    ),
    "one action": (
        [{**READ, "Action": ["s3:*", None]}],
        '[0]: the Action is ["s3:*", null]; must be actions, such as s3:GetObject',
    ),
    "no action": ([{**READ, "Action": []}], "[0]: the Action is []; must be actions, such as s3:GetObject"),
    "name": ([{**READ, "Resource": "reports"}], "[0]: the Resource is 'reports'; must be * or ARNs, such as arn:aws:"),
    "sid": ([{**READ, "Sid": "Read it"}], "[0]: the Sid is 'Read it'; must be letters and digits, such as ReadReports"),
    "list": ([{**READ, "Condition": []}], '[0]: the Condition must be like {"StringEquals": {"aws:PrincipalTag/team"'),
    "object": ([{**READ, "Condition": {"Bool": {"a": object()}}}], "[0]: the Condition must be like {"),
    "number": (
        [READ, {**READ, "Condition": {"NumericEquals": {"a": float("nan")}}}],
        "[1]: the Condition must be like {",
    ),
    "sids": (
        [{**READ, "Sid": "A"}, READ, {**READ, "Sid": "A"}],
        ": has two statements with the Sid A; each must have an",
    ),
    "size": ([READ] * 200, ": has 15801 characters; IAM takes 10240 in the policies of a role"),
}


@pytest.mark.parametrize(("statements", "why"), STATEMENTS.values(), ids=STATEMENTS)
def test_refuses_the_statements_that_iam_refuses(statements: Any, why: str) -> None:  # noqa: ANN401 - what a file has
    """Each mistake says the statement, what it has, and what it must have."""
    _, (problem,) = planned("rate(1 day)", job(Image(URI, statements=statements)))
    place, _, told = why.partition(": ")
    assert problem.startswith(f"{FILE}.image.statements{place}: ")
    assert f": {told}" in problem


def test_takes_the_statements_that_iam_takes() -> None:
    """One text or several, wildcards, policy variables, and conditions."""
    statements: list[dict[str, Any]] = [
        READ,
        {"Sid": "", "Effect": "Deny", "Action": "*", "Resource": ["*"]},
        {
            "Sid": "",
            "Effect": "Allow",
            "Action": ("s3:Get*", "sts:Assume?ole"),
            "Resource": "arn:aws:s3:::a/${aws:userid}",
        },
        {
            "Sid": "A1",
            **READ,
            "Condition": {"Bool": {"aws:SecureTransport": True}, "NumericLessThan": {"s3:max-keys": [5]}},
        },
        {"Sid": "B", **READ, "Condition": {}, "Resource": "arn:*:iam::123456789012:role/*"},
    ]
    image, problems = planned("rate(1 day)", job(Image(URI, statements=statements)))
    assert problems == []
    assert image is not None
    assert json.loads(task_policy(image.statements))["Statement"] == json.loads(json.dumps(statements))


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("a\0", "contains a NUL character, which cannot be passed to a process"),
        ("\ud800", f"{HALF}"),
        (5, "must be text"),
    ],
)
def test_an_argument_of_a_build_is_text(value: Any, why: str) -> None:  # noqa: ANN401 - what a file has
    """Other text would stop the deployment at the plugin that builds, without the file's name."""
    _, problems = planned("rate(1 day)", job(Image(build=Dockerfile("a", args={"A": value}))))
    assert len(problems) == 1
    assert problems[0].startswith(f"{FILE}.image.build.args.A: ")
    assert why in problems[0]


def test_takes_the_days_that_logs_offers() -> None:
    """CloudWatch Logs has a list of them. What is no whole number is none, also where Python takes it for one."""
    taken = [
        days
        for days in (*range(-1, 4000), True, False, 30.0, "30", None, [30])
        if not planned("rate(1 day)", job(Image(URI)), logs={"days": days})[1]
    ]
    shape: Any = Session().get_service_model("logs").shape_for("PutRetentionPolicyRequest")
    assert "Possible values are: " + ", ".join(map(str, taken[:-1])) + f", and {taken[-1]}" in re.sub(
        "<[^>]*>", "", shape.members["retentionInDays"].documentation
    )
    assert planned("rate(1 day)", job(Image(URI)), logs={"days": 2})[1][0].startswith(
        "scheduled-jobs:logs.days: 2: must be one of: 1, 3, 5, 7, 14, 30, "
    )


@pytest.mark.parametrize(
    ("entry", "sidecars", "noted"),
    [({}, [], True), ({"secrets": {"A": "/a"}}, [], False), ({}, [Sidecar("a", URI, secrets={"A": "/a"})], False)],
    ids=["none", "in this stack", "of a sidecar"],
)
def test_keys_of_no_secret_are_noted(entry: dict[str, object], sidecars: list[Sidecar], *, noted: bool) -> None:
    """Another stack may have the secrets, so it is no mistake."""
    problems = Problems()
    config = {"placements": {"default": PLACE}, "schedules": {"a": {"rate": "1 day", **entry}}}
    given = job(Image(URI, secret_keys=[KEY], sidecars=sidecars))
    plan.build(settings.parse(config, problems), [given], problems)
    assert list(problems) == []
    note = f"{FILE}.image.secret_keys: encrypt nothing in this stack, where the job has no secrets"
    assert [str(one) for one in problems.notes] == ([note] if noted else [])


@pytest.mark.parametrize(("secrets", "decrypts"), [([], False), (["/a"], True), ([SECRET], True)])
def test_keys_of_no_secret_are_not_used(secrets: list[str], *, decrypts: bool) -> None:
    """The role gets no statement whose condition names no service."""
    log = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/ecs/a"
    policy = execution_policy(images=[], log_group_arn=log, secrets=secrets, secret_keys=[KEY])
    assert ("DecryptSecrets" in [one["Sid"] for one in policy["Statement"]]) == decrypts
