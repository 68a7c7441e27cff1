from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolchain.versions import MINIMUM_PULUMI, RELEASED_PULUMI, Platform, Version

NUMBERS = st.tuples(*[st.integers(0, 9999)] * 3)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        pytest.param("v3.259.0\n", Version(3, 259, 0), id="pulumi"),
        pytest.param("3.272.0", Version(3, 272, 0), id="bare"),
        pytest.param("v3.300.0-alpha.1754000000+dirty", Version(3, 300, 0, final=False), id="pre-release"),
        pytest.param("v3.300.0+build", Version(3, 300, 0), id="build"),
        pytest.param("go1.25.11", Version(1, 25, 11), id="go"),
        pytest.param("go1.26", Version(1, 26, 0), id="go-two-numbers"),
        pytest.param("go1.26rc2", Version(1, 26, 0, final=False), id="go-candidate"),
        pytest.param("warning: something\nv3.259.1", Version(3, 259, 1), id="after-noise"),
        pytest.param("devel", None, id="none"),
        pytest.param("", None, id="empty"),
    ],
)
def test_reads_the_versions_that_programs_print(text: str, version: Version | None) -> None:
    """A version is read as pulumi, Go and go.mod write it; text without a version gives None."""
    assert Version.parse(text) == version


@given(one=NUMBERS, other=NUMBERS)
def test_orders_by_number(one: tuple[int, int, int], other: tuple[int, int, int]) -> None:
    """Versions compare by their numbers, and a version that is printed can be read again."""
    left, right = Version(*one), Version(*other)
    assert (left < right) == (one < other)
    assert Version.parse(f"v{left}") == left


def test_a_prerelease_is_older_than_its_release() -> None:
    """A pre-release of the oldest valid version is too old; a pre-release of the next version is not."""
    assert MINIMUM_PULUMI._replace(final=False) < MINIMUM_PULUMI
    assert MINIMUM_PULUMI._replace(patch=MINIMUM_PULUMI.patch + 1, final=False) > MINIMUM_PULUMI


@pytest.mark.parametrize(
    ("system", "machine", "name"),
    [
        pytest.param("Linux", "x86_64", "linux-x64", id="linux"),
        pytest.param("Linux", "aarch64", "linux-arm64", id="linux-arm"),
        pytest.param("Darwin", "arm64", "darwin-arm64", id="mac-arm"),
        pytest.param("Darwin", "x86_64", "darwin-x64", id="mac-intel"),
        pytest.param("Linux", "riscv64", "linux-riscv64", id="no-release"),
    ],
)
def test_names_platforms_as_release_archives_do(
    system: str, machine: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The platform's name is the one in the file names of Pulumi's release archives."""
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert str(Platform.current()) == name


def test_the_downloaded_engine_belongs_to_the_sdk() -> None:
    """The release that is downloaded has the version of the SDK in requirements.in, and is new enough."""
    requirements = (Path(__file__).parents[3] / "requirements.in").read_text()
    assert re.findall(r"^pulumi==(\S+)", requirements, re.MULTILINE) == [str(RELEASED_PULUMI)]
    assert RELEASED_PULUMI >= MINIMUM_PULUMI
