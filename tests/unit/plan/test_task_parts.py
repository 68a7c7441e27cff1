"""Tests of the sidecars and volumes of a task: every mistake in a field, and in how they fit together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.task_parts import VolumeArgs, volume_name
from plan import task_parts
from settings import Ebs, Efs, HealthCheck, Image, Problems, Scratch, Sidecar
from settings.job import Job
from tests.unit.plan.test_plan import build

if TYPE_CHECKING:
    from collections.abc import Sequence

URI = "registry.example.com/report:1.4"
PLACE = {"cluster": "staging", "subnets": ["subnet-0a"]}
FILE, ENTRY = "jobs/a.py", "scheduled-jobs:schedules.a"
FS, POINT = "fs-0123456789abcdef0", "fsap-0123456789abcdef0"
CHECK = HealthCheck(["curl", "-f", "http://localhost/"])


def told(**fields: Any) -> Sequence[str]:  # noqa: ANN401 - fields of an image
    """Return the messages about a job whose image has these fields."""
    job = Job(name="a", command=["a"], owner="data", image=Image(URI, **fields))
    return build({"a": "rate(1 day)"}, [job], placements={"default": PLACE})[1]


def sidecar(name: str = "proxy", **fields: Any) -> Sidecar:  # noqa: ANN401 - fields of a sidecar
    """Return a sidecar."""
    return Sidecar(name, URI, **fields)


MISTAKES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "no sidecar": (
        {"sidecars": [URI]},
        [f'sidecars[0]: \'{URI}\': must be Sidecar(...), such as Sidecar("proxy", "registry.example.com/proxy:2.1")'],
    ),
    "fields of a sidecar": (
        {"sidecars": [Sidecar("a b", "app", cpu=0, memory=5, stop_timeout=121)]},
        [
            "sidecars[0].name: 'a b': must be letters, digits, hyphens and underscores, at most 255, such as worker",
            (
                "sidecars[0].image: 'app': must be an image with its tag or its digest, such as "
                "123456789012.dkr.ecr.eu-central-1.amazonaws.com/report:1.4"
            ),
            "sidecars[0].cpu: 0: must be greater than or equal to 1",
            "sidecars[0].memory: 5: must be greater than or equal to 6",
            "sidecars[0].stop_timeout: 121: must be less than or equal to 120",
        ],
    ),
    "fields of a health check": (
        {"sidecars": [sidecar(job_waits_for="health", health_check=HealthCheck(["CMD", "x"], retries=11, interval=4))]},
        [
            (
                'sidecars[0].health_check.command: ["CMD", "x"]: must not begin with CMD; the program itself writes '
                "the kind of the command"
            ),
            "sidecars[0].health_check.interval: 4: must be greater than or equal to 5",
            "sidecars[0].health_check.retries: 11: must be less than or equal to 10",
        ],
    ),
    "too many": (
        {"sidecars": [sidecar(f"s{number}") for number in range(10)]},
        [
            (
                "sidecars: ["
                + ('"Sidecar(...)", ' * 10)[:118]
                + "…: has 10 sidecars; must be at most 9, since a task has at most ten containers"
            )
        ],
    ),
    "a health check without a program": (
        {"sidecars": [sidecar(job_waits_for="health", health_check=HealthCheck([" "]))]},
        ['sidecars[0].health_check.command: [" "]: the first word is empty; it must be the program'],
    ),
    "words for true and false": (
        {
            "sidecars": [sidecar(essential="no")],  # a truth that is easily misread
            "volumes": [Scratch("/a", read_only="no"), Efs("/b", FS, iam=1)],  # type: ignore[arg-type]
        },
        [
            "sidecars[0].essential: 'no': must be true or false",
            "volumes[0].read_only: 'no': must be true or false",
            "volumes[1].iam: 1: must be true or false",
        ],
    ),
    "no health check": (
        {"sidecars": [sidecar(job_waits_for="health")]},
        ['sidecars[0].health_check: is missing; job_waits_for is "health"'],
    ),
    "a health check for nothing": (
        {"sidecars": [sidecar(job_waits_for="start", health_check=CHECK)]},
        ['sidecars[0].health_check: does nothing here; set job_waits_for to "health", or remove it'],
    ),
    "a start timeout for nothing": (
        {"sidecars": [sidecar(job_waits_for="start", start_timeout=60)]},
        ['sidecars[0].start_timeout: 60: is only for job_waits_for "health" or "success"'],
    ),
    "an essential one that ends first": (
        {"sidecars": [sidecar(essential=True, job_waits_for="success")]},
        [
            "sidecars[0].essential: the end of an essential container ends the run, so the job cannot wait for it",
        ],
    ),
    "names": (
        {"sidecars": [sidecar("job"), sidecar(), sidecar()]},
        [
            "sidecars[0].name: 'job': is the name of the job's own container; choose another one",
            "sidecars[2].name: 'proxy': is the name of another sidecar; choose another one",
        ],
    ),
    "a variable that is a secret": (
        {"sidecars": [sidecar(environment={"TOKEN": "x"}, secrets={"TOKEN": "/token"})]},
        ["sidecars[0].environment.TOKEN: is also one of the secrets; remove one of them"],
    ),
    "no volume": ({"volumes": ["/work"]}, ["volumes[0]: '/work': must be Scratch(...) or Efs(...)"]),
    "fields of volumes": (
        {
            "volumes": [
                Scratch("work", sidecars={"proxy": "no"}),  # type: ignore[dict-item]
                Efs("/a/../b", "data", access_point="data"),
            ]
        },
        [
            (
                "volumes[0].path: 'work': must be an absolute path of letters, digits, dots, hyphens and "
                "underscores, such as /var/lib/work"
            ),
            "volumes[0].sidecars.proxy: 'no': must be 'read' or 'write'",
            (
                "volumes[1].path: '/a/../b': must be an absolute path of letters, digits, dots, hyphens and "
                "underscores, such as /var/lib/work"
            ),
            "volumes[1].file_system: 'data': must be a file system's id, such as fs-0123456789abcdef0",
            "volumes[1].access_point: 'data': must be an access point's id, such as fsap-0123456789abcdef0",
        ],
    ),
    "no volume of EBS": (
        {"ebs": Scratch("/work")},
        ['ebs: Scratch(...): must be Ebs(...), such as Ebs("/work", 200)'],
    ),
    "fields of EBS": (
        {"ebs": Ebs("/work", 0, type="standard", snapshot="snap", file_system="ntfs")},  # type: ignore[arg-type]
        [
            "ebs.size_gib: 0: must be greater than or equal to 1",
            "ebs.type: 'standard': must be 'gp2', 'gp3', 'io1', 'io2', 'st1' or 'sc1'",
            "ebs.snapshot: 'snap': must be a snapshot's id, such as snap-0123456789abcdef0",
            "ebs.file_system: 'ntfs': must be 'ext3', 'ext4' or 'xfs'",
        ],
    ),
    "EBS at the path of another volume": (
        {"volumes": [Scratch("/work")], "ebs": Ebs("/work", 200)},
        ["ebs.path: '/work': too like /work, another volume's path"],
    ),
    "EBS of no sidecar": ({"ebs": Ebs("/work", 200, sidecars={"a": "read"})}, ["ebs.sidecars.a: no such sidecar"]),
    "two volumes at a path": (
        {"volumes": [Scratch("/a/b"), Scratch("/a-b")]},
        ["volumes[1].path: '/a-b': too like /a/b, another volume's path"],
    ),
    "a volume of no sidecar": (
        {"sidecars": [sidecar()], "volumes": [Scratch("/work", sidecars={"prox": "read"})]},
        ["volumes[0].sidecars.prox: no such sidecar; did you mean 'proxy'?"],
    ),
    "two directories": (
        {"volumes": [Efs("/work", FS, access_point=POINT, root="/a")]},
        ["volumes[0].root: '/a': the access point sets the directory; remove one of them"],
    ),
}


@pytest.mark.parametrize(("fields", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_names_each_mistake(fields: dict[str, Any], expected: list[str]) -> None:
    """At the place in the job file, with the value and what would be accepted."""
    assert told(**fields) == [f"{FILE}.image.{message}" for message in expected]


def test_takes_what_fits() -> None:
    """All that a sidecar and a volume can have."""
    sidecars = [
        *(sidecar(f"more-{number}") for number in range(6)),
        sidecar("one", command=["run"], environment={"A": "b"}, secrets={"B": "/b"}, cpu=128, memory=128),
        sidecar("two", essential=True, job_waits_for="health", health_check=CHECK, start_timeout=120),
        sidecar("three", job_waits_for="success", start_timeout=2),
    ]
    volumes = [
        Scratch("/work", sidecars={"one": "read", "three": "write"}, read_only=True),
        Efs("/data", FS, access_point=POINT),
        Efs("/other", FS, root="/a", iam=False),
    ]
    ebs = Ebs("/disk", 200, iops=4000, throughput=500, snapshot="snap-01234567", sidecars={"one": "read"})
    assert told(sidecars=sidecars, volumes=volumes, ebs=ebs) == []


def test_an_existing_role_must_allow_to_mount() -> None:
    """The program does not change it, so a preview says what it needs."""
    role = "arn:aws:iam::123456789012:role/a"
    volumes: list[Scratch | Efs] = [
        Efs("/a", FS),
        Efs("/b", FS, read_only=True),
        Efs("/c", FS, iam=False),
        Scratch("/d"),
        Efs("/e", FS, read_only=True, sidecars={"rates": "write"}),
    ]
    sidecars = [Sidecar("rates", URI)]
    problems = Problems()
    task_parts.check(Image(URI, task_role=role, volumes=volumes, sidecars=sidecars), "image", problems)
    mount, write = "elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"
    assert [str(one) for one in problems.notes] == [
        f"image.volumes[0]: the role {role} must itself allow {mount} and {write} on {FS}",
        f"image.volumes[1]: the role {role} must itself allow {mount} on {FS}",
        f"image.volumes[4]: the role {role} must itself allow {mount} and {write} on {FS}",
    ]
    without = Problems()
    task_parts.check(Image(URI, volumes=volumes, sidecars=sidecars), "image", without)
    assert (list(without), list(without.notes)) == ([], [])


@pytest.mark.parametrize(
    ("volume", "why"),
    [
        (Ebs("/work"), "has neither a size nor a snapshot; one of them is needed"),
        (Ebs("/work", 100, type="st1"), "has size 100; must be 125 to 16384 for the type st1"),
        (Ebs("/work", 100, iops=2000), "has iops 2000; must be 3000 to 16000 for the type gp3"),
    ],
    ids=["size", "type", "iops"],
)
def test_ebs_has_limits(volume: Ebs, why: str) -> None:
    """Those of its type."""
    assert told(ebs=volume) == [f"{FILE}.image.ebs: Ebs(...): {why}"]


@pytest.mark.parametrize(("memory", "expected"), [(511, []), (512, ["memory"]), (513, ["memory"])])
def test_leaves_room_for_the_job(memory: int, expected: list[str]) -> None:
    """What the sidecars take together must be less than the size of the task."""
    image = Image(URI, sidecars=[sidecar("one", memory=memory - 100, cpu=255), sidecar("two", memory=100)])
    problems = list(task_parts.size_problems(image, 256, 512))
    assert [one.partition(" ")[0] for one in problems] == expected
    if problems:
        assert problems == [f"memory 512 leaves nothing for the job beside its sidecars (one {memory - 100}, two 100)"]


@given(st.from_regex(r"(/[A-Za-z0-9_][A-Za-z0-9_.-]*)+", fullmatch=True))
def test_a_path_gives_a_name(path: str) -> None:
    """ECS takes letters, digits, hyphens and underscores."""
    assert volume_name(path).replace("-", "").replace("_", "").isalnum() or set(volume_name(path)) <= set("-_")


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("sidecars", [{}, {"a": True}, {"a": False}, {"a": True, "b": False}])
def test_a_volume_is_written_by_any_container(sidecars: dict[str, bool], *, read_only: bool) -> None:
    """Only then its role may write."""
    written = not read_only or False in sidecars.values()
    assert VolumeArgs(path="/a", read_only=read_only, sidecars=sidecars).written == written


@pytest.mark.parametrize(("more", "refused"), [(0, False), (1, True)])
def test_a_task_definition_has_a_size(more: int, *, refused: bool) -> None:
    """That of what somebody writes into it: names and values of variables, commands, sources of secrets."""
    long = "a" * (65536 - 6 - 5 - 3 - 1 + more)
    one = sidecar(command=["c" * 5], secrets={"B": "/b"}, environment={"A": long})
    what = "secrets, and the variables and commands of sidecars, have 65537 characters"
    why = f"{FILE}.image: {what}; ECS takes 65536 in a task definition"
    assert told(secrets={"DDD": "/dd"}, sidecars=[one]) == ([why] if refused else [])
