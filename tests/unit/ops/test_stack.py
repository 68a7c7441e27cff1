from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ops import stack
from ops.errors import OpsError
from ops.stack import Chosen

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a checkout with one stack."""
    (tmp_path / "Pulumi.staging.yaml").write_text("config: {'aws:region': eu-central-1}\n")
    return tmp_path


def test_a_stack_is_where_its_file_says(folder: Path) -> None:
    """The region is in the stack's file, and the group has the names of project and stack."""
    assert stack.find(folder, "staging", region=None, group=None) == stack.Place(
        "eu-central-1", "scheduled-jobs-staging"
    )


def test_what_is_given_is_not_looked_up(folder: Path) -> None:
    """A given region or group wins over the stack's; with both, no stack file is needed."""
    assert stack.find(folder, "staging", region="us-east-1", group=None).region == "us-east-1"
    assert stack.find(folder, "staging", region=None, group="g") == stack.Place("eu-central-1", "g")
    assert stack.find(folder, None, region="us-east-1", group="g") == stack.Place("us-east-1", "g")


@pytest.mark.parametrize(("region", "group"), [(None, None), ("us-east-1", None), (None, "g")])
def test_half_of_a_place_is_refused(folder: Path, region: str | None, group: str | None) -> None:
    """Without a stack, both region and group are required."""
    with pytest.raises(OpsError, match=r"^set --stack, or set --group and --region for .*$"):
        stack.find(folder, None, region=region, group=group)


def test_an_unknown_stack_is_refused(folder: Path) -> None:
    """The message for an unknown stack lists the existing stack files."""
    with pytest.raises(OpsError) as refused:
        stack.find(folder, "stagin", region=None, group=None)
    assert str(refused.value) == "Pulumi.stagin.yaml: there is no such stack file; must be one of: Pulumi.staging.yaml"


@pytest.mark.parametrize(
    ("chosen", "options"),
    [
        (Chosen(stack="production", group=None, region=None), "--stack production"),
        (Chosen(stack=None, group="my group", region="eu-west-1"), "--group 'my group' --region eu-west-1"),
    ],
    ids=["stack", "group"],
)
def test_the_options_are_those_of_another_command(chosen: Chosen, options: str) -> None:
    """An operator can paste them into a shell."""
    assert chosen.options == options
