"""Tests that stack files are read as the engine reads them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import settings
from settings import Problems, stack_file
from settings.regions import doubt
from tests.unit.settings.yaml_corpus import CORPUS

if TYPE_CHECKING:
    from pathlib import Path

NO_REGION = "must be the name of a region, such as eu-central-1"
REPEATING = """config:
  a:b: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
  a:c: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
  a:d: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
  scheduled-jobs:tags: [&d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c], *d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
"""


def write(folder: Path, text: str) -> Path:
    """Write a stack file and return its path."""
    file = folder / "Pulumi.test.yaml"
    file.write_text(text)
    return file


def typed(value: object) -> object:
    """Return a value with the types of its parts, since Python holds 1, 1.0 and True to be equal."""
    if isinstance(value, dict):
        return {key: typed(part) for key, part in value.items()}
    return [typed(part) for part in value] if isinstance(value, list) else (type(value), value)


@pytest.mark.parametrize(("content", "values"), CORPUS.values(), ids=CORPUS)
def test_a_file_means_what_the_engine_makes_of_it(
    tmp_path: Path, content: str | bytes, values: dict[str, Any] | None
) -> None:
    """Every file of the corpus has the engine's values, of the same types, or is refused with the line."""
    file = tmp_path / "Pulumi.test.yaml"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    problems = Problems()

    assert typed(stack_file.read(file, problems)) == typed(values)
    if values is None:
        [problem] = problems
        assert problem.where.startswith("Pulumi.test.yaml:")


def test_only_keys_of_this_project_are_taken(tmp_path: Path) -> None:
    """Other namespaces are ignored, quoted scalars stay text, and anchors and merges are followed."""
    file = write(
        tmp_path,
        """
        encryptionsalt: v1:abc
        config:
          aws:region: eu-central-1
          scheduled-jobs:defaults: &zone {timezone: Europe/Berlin}
          scheduled-jobs:schedules:
            a: "off"
            b: off
            c: {<<: *zone, cron: "0 2 * * ? *", enabled: false, cpu: 256}
            d: [1, "1"]
        """,
    )

    assert stack_file.read(file, Problems()) == {
        "defaults": {"timezone": "Europe/Berlin"},
        "schedules": {
            "a": "off",
            "b": "off",
            "c": {"timezone": "Europe/Berlin", "cron": "0 2 * * ? *", "enabled": False, "cpu": 256},
            "d": [1, "1"],
        },
    }


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("config:\n  scheduled-jobs:schedules:\n    a: {cron: * 2 * * ? *}\n", 3),
        ("config:\n  scheduled-jobs:schedules:\n    a: {cron: 0 2 * * ? *}\n", 3),
        ("config:\n\tscheduled-jobs:tags: {}\n", 2),
        ("config:\n  scheduled-jobs:tags: {a: 1\n", 3),
        ("config:\n  scheduled-jobs:tags: {}\n  scheduled-jobs:tags: {}\n", 3),
        ("config:\n  scheduled-jobs:tags:\n    a: b\n    a: c\n", 4),
        ("config: [1]\n", 1),
        ("config:\n  scheduled-jobs:tags: &a {b: *a}\n", 2),
        ("config: {a: *missing}\n", 1),
        ("config:\n  scheduled-jobs:tags: {<<: a}\n", 2),
        ("config:\n  scheduled-jobs:tags: {? [a, b] : c}\n", 2),
        ("config:\n  scheduled-jobs:tags: {a: .inf}\n", 2),
        ("config:\n  scheduled-jobs:iam: {}\n  iam: {}\n", 3),
        (REPEATING, 5),
    ],
    ids=[
        "star first",
        "question mark",
        "tab",
        "open brace",
        "key twice",
        "inner key twice",
        "list",
        "loop",
        "no anchor",
        "merge",
        "key that is a list",
        "infinite",
        "key with and without its namespace",
        "aliases of aliases",
    ],
)
def test_what_is_not_yaml_is_one_problem_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    """A file that is not YAML is one problem, with the line of the mistake."""
    problems = Problems()

    assert stack_file.read(write(tmp_path, text), problems) is None
    assert [problem.where for problem in problems] == [f"Pulumi.test.yaml:{line}"]


def test_an_unquoted_expression_is_answered_with_the_quoted_form(tmp_path: Path) -> None:
    """The message for an expression that YAML cannot read says to quote it."""
    problems = Problems()
    stack_file.read(write(tmp_path, "config:\n  scheduled-jobs:schedules: {a: {cron: * 2 * * ? *}}\n"), problems)

    assert 'quote text that has stars, spaces or colons, such as "0 2 * * ? *"' in str(next(iter(problems)))


MESSAGES = {
    "a tab": ("config:\n\ttags: {}\n", "2: this is not YAML: a tab cannot indent a line; use spaces"),
    "a version": (
        "%YAML 1.2\n---\nconfig: {}\n",
        "2: this is not YAML: the version must be 1.1, so remove the line that begins with %YAML",
    ),
    "bytes": ("config:\n  tags: {a: \x07}\n", "2: this is not YAML: special characters are not allowed (#x7)"),
    "a deep list": (f"config: {'[' * 5000}", "1: this is not YAML: it is nested too deeply"),
    "an environment": (
        "config: {}\nenvironment:\n  - base\n",
        "3: environment: Pulumi ESC works with the backend of Pulumi Cloud alone; write its values under config",
    ),
    "a key that is no text": ("config: {1: a}\n", "1: the key 1 is not text; quote it"),
    "a wrong tag": ("config: {tags: {a: !!int b}}\n", "1: 'b' is not of the type !!int"),
}


@pytest.mark.parametrize(("text", "message"), MESSAGES.values(), ids=MESSAGES)
def test_says_what_to_change(tmp_path: Path, text: str, message: str) -> None:
    """The message for a file that the engine refuses says what to change."""
    problems = Problems()
    stack_file.read(write(tmp_path, text), problems)
    assert [str(problem) for problem in problems] == [f"Pulumi.test.yaml:{message}"]


def test_values_that_need_quotes_are_shown_as_they_were_typed(tmp_path: Path) -> None:
    """A number that must be text is shown in its own spelling, not in the engine's, also through an anchor."""
    text = """
config:
  scheduled-jobs:placements: {}
  scheduled-jobs:schedules: {a: {rate: 1 day, environment: {A: 0777, B: 1e3, C: True, D: , E: &x 0x1F, F: *x, G: "07"}}}
  scheduled-jobs:tags: {build: 007}
"""
    problems = Problems()
    settings.parse(stack_file.read(write(tmp_path, text), problems) or {}, problems)
    quoted = {"A": "0777", "B": "1e3", "C": "True", "D": "", "E": "0x1F", "F": "0x1F"}
    assert [str(problem) for problem in problems] == [
        'scheduled-jobs:tags.build: 007: must be text; quote it: "007"',
        *(
            f'scheduled-jobs:schedules.a.environment.{name}: {typed or "null"}: must be text; quote it: "{typed}"'
            for name, typed in quoted.items()
        ),
    ]


@pytest.mark.parametrize("text", ['{"a": "b"}', "[{}]"])
def test_a_section_in_json_text_is_refused_as_by_the_engine(tmp_path: Path, text: str) -> None:
    """Text that holds JSON, which `pulumi config set` writes without --path, is no mapping to the engine."""
    problems = Problems()
    stack_file.read(write(tmp_path, f"config:\n  scheduled-jobs:tags: '{text}'\n"), problems)
    assert [str(problem) for problem in problems] == [
        "scheduled-jobs:tags: is text that holds JSON, but the engine accepts only a mapping; write it without quotes"
    ]


def test_what_is_no_file_is_one_problem(tmp_path: Path) -> None:
    """A folder, or a name that is too long, is a problem: it cannot be read."""
    (tmp_path / "Pulumi.dir.yaml").mkdir()
    for name in ("Pulumi.dir.yaml", f"Pulumi.{'x' * 300}.yaml"):
        problems = Problems()
        assert stack_file.read(tmp_path / name, problems) is None
        assert [p.message.partition(":")[0] for p in problems] == ["cannot be read"]
        assert stack_file.leaves(tmp_path / name) == stack_file.Leaves((), {})


def test_what_may_never_end_is_not_read(tmp_path: Path) -> None:
    """A pipe and a device are problems, instead of keeping the reader forever."""
    os.mkfifo(tmp_path / "Pulumi.pipe.yaml")
    (tmp_path / "Pulumi.device.yaml").symlink_to("/dev/zero")
    for name in ("pipe", "device"):
        problems = Problems()
        assert stack_file.read(tmp_path / f"Pulumi.{name}.yaml", problems) is None
        assert [str(p) for p in problems] == [f"Pulumi.{name}.yaml: cannot be read: it is not a regular file"]


def test_keys_of_the_project_need_no_namespace_and_near_misses_are_named(tmp_path: Path) -> None:
    """A key without a namespace is the project's, and a misspelled namespace is a problem."""
    problems = Problems()
    text = "config: {iam: {}, 'schedule-jobs:x': {}, 'Scheduled_Jobs:iam': {}, 'acme:tags': {}, 'aws:a': b, b:c: 1}"

    assert stack_file.read(write(tmp_path, text), problems) == {"iam": {}}
    assert [str(p) for p in problems] == [
        "schedule-jobs:x: no such namespace; did you mean 'scheduled-jobs:x'?",
        "Scheduled_Jobs:iam: no such namespace; did you mean 'scheduled-jobs:iam'?",
        "acme:tags: no such namespace; did you mean 'scheduled-jobs:tags'?",
    ]


def test_a_missing_file_names_those_that_are_there(tmp_path: Path) -> None:
    """The message for a missing stack file lists the files that exist."""
    write(tmp_path, "")
    problems = Problems()

    assert stack_file.read(tmp_path / "Pulumi.tset.yaml", problems) is None
    assert [str(p) for p in problems] == [
        "Pulumi.tset.yaml: there is no such stack file; must be one of: Pulumi.test.yaml"
    ]


def test_a_secret_in_schedules_is_found_at_its_full_path_and_never_repeated(tmp_path: Path) -> None:
    """A secret that would be stored in clear is a problem; an endpoint's address may be secret."""
    file = write(
        tmp_path,
        """
        config:
          scheduled-jobs:alerts: {https: [{secure: v1:AAAA}]}
          scheduled-jobs:schedules:
            a: {cron: "0 2 * * ? *", environment: {TOKEN: {secure: v1:BBBB}}}
        """,
    )
    problems = Problems()
    values = stack_file.read(file, problems)

    assert [problem.where for problem in problems] == ["scheduled-jobs:schedules.a.environment.TOKEN"]
    assert "BBBB" not in str(values) + str(list(problems))
    assert stack_file.leaves(file).secrets == [
        "scheduled-jobs:alerts.https[0]",
        "scheduled-jobs:schedules.a.environment.TOKEN",
    ]


def test_secret_endpoints_are_checked_unseen(tmp_path: Path) -> None:
    """Https addresses may be secret, alone or in a route; an e-mail address may not, since it is shown in clear."""
    file = write(
        tmp_path,
        """
        config:
          scheduled-jobs:placements: {}
          scheduled-jobs:schedules: {}
          scheduled-jobs:alerts:
            https: [{secure: v1:AAAA}, {to: {secure: v1:BBBB}, classes: [failed]}]
            email: [{secure: v1:CCCC}]
        """,
    )
    problems = Problems()
    values = stack_file.read(file, problems)
    assert values is not None
    settings.parse(values, problems)
    assert {problem.where for problem in problems} == {"scheduled-jobs:alerts.email[0]"}
    assert "contains a secret" in str(next(iter(problems)))


WORDS = st.sampled_from(
    [
        "cron",
        "rate",
        "at",
        "off",
        "placement",
        "environment",
        "cpu",
        "enabled",
        "window",
        "timezone",
        "start",
        "a",
        "<<",
    ]
)
SCALARS = st.one_of(
    st.sampled_from(
        ["cron(0 2 * * ? *)", "0 2 * * ? *", "15 minutes", "off", "2026-12-31", "0x10", "~", "Europe/Berlin"]
    ),
    st.text(max_size=8),
    st.integers(),
    st.booleans(),
    st.none(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(str.encode)
    | VALUES.map(lambda value: yaml.safe_dump(value, default_flow_style=True).encode())
)
def test_no_file_makes_more_than_messages(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Any bytes in a stack file give settings or problems, and never an exception."""
    file = tmp_path_factory.mktemp("fuzz") / "Pulumi.test.yaml"
    file.write_bytes(b"config:\n  scheduled-jobs:placements: {}\n  scheduled-jobs:schedules: " + content)
    problems = Problems()

    values = stack_file.read(file, problems)

    if values is None:
        assert len(problems) == 1
    else:
        settings.parse(values, problems)


@pytest.mark.parametrize(
    ("text", "region", "problems"),
    [
        ("config:\n  aws:region: eu-central-1\n  scheduled-jobs:tags: {a: 1}\n", "eu-central-1", []),
        ("config:\n  scheduled-jobs:tags: {}\n", None, ["Pulumi.test.yaml: aws:region: is missing"]),
        ("config:\n  aws:region: ~\n", None, [f"Pulumi.test.yaml: aws:region: {NO_REGION}"]),
        ("config:\n  aws:region: [a]\n", None, [f"Pulumi.test.yaml: aws:region: {NO_REGION}"]),
        (
            "config:\n  aws:region: eu-centrall-1\n",
            None,
            [f"Pulumi.test.yaml: aws:region: 'eu-centrall-1': {doubt('eu-centrall-1')}"],
        ),
        ("config: 1\n", None, ["Pulumi.test.yaml:1: must be a mapping"]),
    ],
    ids=["given", "left out", "null", "a list", "misspelled", "not a mapping"],
)
def test_region(tmp_path: Path, text: str, region: str | None, problems: list[str]) -> None:
    """The region is read, or a problem says why it cannot be read."""
    found = Problems()
    assert stack_file.region(write(tmp_path, text), found) == region
    assert [str(problem) for problem in found] == problems


@pytest.mark.parametrize(
    ("written", "problems"),
    [
        ("us-gov-west-1", []),
        ("{secure: v1:AAAA}", []),
        ("eu-centrall-1", [f"aws:region: 'eu-centrall-1': {doubt('eu-centrall-1')}"]),
        ("12", [f"aws:region: '12': {doubt('12')}"]),
        ("", [f"aws:region: {NO_REGION}"]),
        ("[eu-west-1]", [f"aws:region: {NO_REGION}"]),
    ],
    ids=["of another partition", "secret", "misspelled", "number", "nothing", "list"],
)
def test_a_wrong_region_is_a_problem(tmp_path: Path, written: str, problems: list[str]) -> None:
    """A region that AWS does not have is a problem with its key, wherever the file is read."""
    found = Problems()
    assert stack_file.read(write(tmp_path, f"config:\n  aws:region: {written}\n  iam: {{}}\n"), found) == {"iam": {}}
    assert [str(problem) for problem in found] == problems


def test_region_of_no_stack(tmp_path: Path) -> None:
    """A stack file that does not exist is a problem that lists the existing ones."""
    write(tmp_path, "")
    found = Problems()
    assert stack_file.region(tmp_path / "Pulumi.tset.yaml", found) is None
    assert [str(problem) for problem in found] == [
        "Pulumi.tset.yaml: there is no such stack file; must be one of: Pulumi.test.yaml"
    ]


@pytest.mark.parametrize(
    ("entry", "place"),
    [
        ("secrets: {A: {secure: AAAA}}", "secrets.A"),
        ("secrets: {secure: AAAA}", "secrets"),
        ("image: {secure: AAAA}", "image"),
        ("environment: {secrets_of: {secure: AAAA}}", "environment.secrets_of"),
    ],
)
def test_a_secret_where_its_place_belongs(tmp_path: Path, entry: str, place: str) -> None:
    """Secrets of a job with an image of its own are named there, so the way to store them is another one."""
    problems = Problems()
    stack_file.read(
        write(tmp_path, f"config: {{scheduled-jobs:schedules: {{a: {{rate: 1 day, {entry}}}}}}}\n"), problems
    )
    (problem,) = [str(one) for one in problems if "contains a secret" in str(one)]
    assert problem.startswith(f"scheduled-jobs:schedules.a.{place}: contains a secret, ")
    own = "put the secret into Secrets Manager or Parameter Store, and write its ARN or name here"
    assert problem.endswith(own) == place.startswith("secrets")
