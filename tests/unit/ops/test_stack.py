from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ops import stack
from ops.errors import OpsError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a checkout with one stack."""
    (tmp_path / "Pulumi.staging.yaml").write_text("config: {'aws:region': eu-central-1}\n")
    return tmp_path


def test_a_stack_is_where_its_file_says(folder: Path) -> None:
    """The region is the file's, the group is named after project and stack."""
    assert stack.find(folder, "staging", region=None, group=None) == stack.Place(
        "eu-central-1", "scheduled-jobs-staging"
    )


def test_what_is_given_is_not_looked_up(folder: Path) -> None:
    """Another region or group of a stack; and with both, schedules of any program, of which there is no file."""
    assert stack.find(folder, "staging", region="us-east-1", group=None).region == "us-east-1"
    assert stack.find(folder, "staging", region=None, group="g") == stack.Place("eu-central-1", "g")
    assert stack.find(folder, None, region="us-east-1", group="g") == stack.Place("us-east-1", "g")


@pytest.mark.parametrize(("region", "group"), [(None, None), ("us-east-1", None), (None, "g")])
def test_half_of_a_place_is_refused(folder: Path, region: str | None, group: str | None) -> None:
    """Without a stack, both are needed."""
    with pytest.raises(OpsError, match=r"^say which --stack, or for .* both --group and --region$"):
        stack.find(folder, None, region=region, group=group)


def test_an_unknown_stack_is_refused(folder: Path) -> None:
    """The message lists those that are known."""
    with pytest.raises(OpsError) as refused:
        stack.find(folder, "stagin", region=None, group=None)
    assert str(refused.value) == "Pulumi.stagin.yaml: there is no such stack file; accepted: Pulumi.staging.yaml"
