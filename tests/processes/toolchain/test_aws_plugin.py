"""The plugin of AWS's provider comes from the user's own Pulumi, from the cache, or by a download."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from toolchain import aws_plugin, pulumi_cli
from toolchain.errors import ToolchainError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VERSION = "7.51.1"
DOWNLOADS = """\
[ "$*" = "plugin install resource aws 7.51.1" ] || exit 9
[ -z "$PULUMI_DEBUG_PROVIDERS" ] || exit 8
mkdir -p "$PULUMI_HOME/plugins/resource-aws-v7.51.1"
touch "$PULUMI_HOME/plugins/resource-aws-v7.51.1/pulumi-resource-aws"
"""


def put(plugins: Path) -> Path:
    """Put a plugin into a folder of plugins, and return the folder of that plugin."""
    folder = plugins / f"resource-aws-v{VERSION}"
    folder.mkdir(parents=True)
    (folder / "pulumi-resource-aws").touch()
    return folder


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the variables of a user whose Pulumi CLI is on PATH."""
    monkeypatch.setattr(pulumi_cli, "pulumi_directory", lambda: tmp_path / "bin")
    return {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": "/usr/bin:/bin"}


def test_the_user_s_own(environment: dict[str, str], tmp_path: Path, program: Callable[[Path, str], Path]) -> None:
    """A plugin that the user has is used, from PULUMI_HOME or from the home folder, and nothing is downloaded."""
    program(tmp_path / "bin" / "pulumi", "exit 7")
    put(tmp_path / "home" / ".pulumi" / "plugins")
    assert aws_plugin.obtain(VERSION, environment) == tmp_path / "home" / ".pulumi" / "plugins"
    put(tmp_path / "other" / "plugins")
    elsewhere = {**environment, "PULUMI_HOME": str(tmp_path / "other")}
    assert aws_plugin.obtain(VERSION, elsewhere) == tmp_path / "other" / "plugins"


def test_download(environment: dict[str, str], tmp_path: Path, program: Callable[[Path, str], Path]) -> None:
    """Without one, and with one that is half unpacked, the plugin is downloaded into the cache, once."""
    program(tmp_path / "bin" / "pulumi", DOWNLOADS)
    folder = put(tmp_path / "home" / ".pulumi" / "plugins")
    folder.with_name(f"{folder.name}.partial").touch()
    cached = tmp_path / "cache" / "scheduled-jobs" / "toolchain" / "pulumi-home" / "plugins"
    assert aws_plugin.obtain(VERSION, environment) == cached
    program(tmp_path / "bin" / "pulumi", "exit 7")
    assert aws_plugin.obtain(VERSION, environment) == cached


@pytest.mark.parametrize(
    ("script", "reason"),
    [("echo no such host >&2; exit 1", "no such host"), ("exit 0", "the download left no plugin in ")],
    ids=["no network", "nothing"],
)
def test_refusal(
    environment: dict[str, str], tmp_path: Path, program: Callable[[Path, str], Path], script: str, reason: str
) -> None:
    """A download that fails is told with its reason, how to install the plugin, and what works without it."""
    program(tmp_path / "bin" / "pulumi", script)
    with pytest.raises(ToolchainError) as refused:
        aws_plugin.obtain(VERSION, environment)
    assert str(refused.value).startswith("There is no plugin of AWS's provider, resource aws 7.51.1: ")
    assert reason in str(refused.value)
    assert "pulumi plugin install resource aws 7.51.1\n" in str(refused.value)
    assert str(refused.value).endswith("Without PROVIDER=real, the sandbox uses its own stand-in for the provider.")
