"""Tests of the storage of holds in Parameter Store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from holds import storage
from holds.hold import HoldError
from holds.storage import Storage
from tests.unit.holds.test_hold import hold

if TYPE_CHECKING:
    from tests.components.embedded import EmbeddedCloud


def refuse(name: str, error: HoldError) -> None:
    """Fail for a parameter that is no hold."""
    raise AssertionError(name) from error


def test_keeps_replaces_and_removes(cloud: EmbeddedCloud) -> None:
    """Holds of one group are stored each by itself, more than one page of them, and apart from other groups."""
    kept, other = Storage(cloud.client("ssm"), "jobs-staging"), Storage(cloud.client("ssm"), "jobs-production")
    assert kept.all(refuse) == []
    holds = {f"h{number:02}": hold(id=f"h{number:02}") for number in range(12)}
    for one in holds.values():
        kept.put(one)
    other.put(hold(id="other"))
    changed = hold(id="h03", reason="another reason")
    kept.put(changed)
    kept.remove("h04")
    kept.remove("h04")
    expected = {**holds, "h03": changed}
    del expected["h04"]
    assert {one.id: one for one in kept.all(refuse)} == expected


def test_adds_once(cloud: EmbeddedCloud) -> None:
    """A hold that is added a second time stays as it is, also one that was ended since."""
    kept, made = Storage(cloud.client("ssm"), "jobs-staging"), hold(until=None)
    assert kept.add(made)
    ended = made.ended(made.begin)
    kept.put(ended)
    assert not kept.add(made)
    assert kept.all(refuse) == [ended]


def test_tells_what_is_no_hold(cloud: EmbeddedCloud) -> None:
    """A parameter that somebody else made does not hide the holds."""
    kept, told = Storage(cloud.client("ssm"), "jobs-staging"), dict[str, str]()
    kept.put(hold())
    name = f"{storage.path('jobs-staging')}/strange"
    cloud.client("ssm").put_parameter(Name=name, Value="x", Type="String")
    assert kept.all(lambda found, error: told.update({found: str(error)})) == [hold()]
    assert [*told] == [name]


def test_stores_no_longer_text(cloud: EmbeddedCloud) -> None:
    """What is too long is refused before AWS is asked."""
    with pytest.raises(HoldError):
        Storage(cloud.client("ssm"), "jobs-staging").put(hold(reason="x" * 5000))
