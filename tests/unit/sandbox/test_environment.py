"""Processes of the sandbox see the embedded AWS, and no account of the caller."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import environment
from sandbox.errors import SandboxError
from tests.credentials import SESSION

ENDPOINT = "http://127.0.0.1:4566"
CALLER = {
    "PATH": "/usr/bin",
    "HOME": "/home/me",
    "LANG": "C.UTF-8",
    "AWS_PROFILE": "production",
    "AWS_ACCESS_KEY_ID": "AKIA",
    "AWS_SESSION_TOKEN": "token",
    "AWS_ENDPOINT_URL_ECS": "https://ecs.eu-central-1.amazonaws.com",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
    "PULUMI_ACCESS_TOKEN": "pul-1",
    "PULUMI_BACKEND_URL": "s3://state",
    "PULUMI_CONFIG_PASSPHRASE_FILE": "/secret",
    "HTTP_PROXY": "http://proxy.example.com",
    "https_proxy": "http://proxy.example.com",
    "SECRET": "value",
}


def test_nothing_of_the_caller_s_accounts() -> None:
    """Only a few harmless variables of the caller are passed on."""
    found = environment.process_environment(CALLER)
    assert found.pop("PATH").split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert {name: value for name, value in found.items() if name in CALLER} == {"HOME": "/home/me", "LANG": "C.UTF-8"}
    assert {name for name in found if name not in CALLER} == {
        "PIP_DISABLE_PIP_VERSION_CHECK",  # else pip asks an index
        "PYTHONUNBUFFERED",
    }


@given(
    st.dictionaries(st.from_regex(r"(AWS|PULUMI|MOTO|GOOGLE|AZURE)_[A-Z_]{1,12}", fullmatch=True), st.just("caller"))
)
def test_no_account_s_variable_leaks(given_: dict[str, str]) -> None:
    """The caller's value of an account's variable is never passed on."""
    assert "caller" not in environment.process_environment(given_).values()


def test_path() -> None:
    """The caller's search path, or the system's, follows the sandbox's own entries."""
    assert environment.process_environment(CALLER)["PATH"].endswith(os.pathsep + "/usr/bin")
    assert environment.process_environment({})["PATH"].endswith(os.pathsep + os.defpath)


def test_aws() -> None:
    """AWS clients get an endpoint and the credentials, and no file or metadata of this machine."""
    without = {
        "AWS_ENDPOINT_URL": ENDPOINT,
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }
    keys = {
        "AWS_ACCESS_KEY_ID": "ASIATESTTESTTESTTEST",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
    }
    assert environment.aws_environment(ENDPOINT, "eu-west-1", SESSION) == without | keys
    assert environment.aws_environment(ENDPOINT, "eu-west-1", None) == without


@pytest.mark.parametrize("endpoint", [ENDPOINT, "http://localhost:1", "http://[::1]:1"])
def test_loopback(endpoint: str) -> None:
    """Every name of the loopback address is accepted."""
    assert environment.aws_environment(endpoint, "eu-west-1", SESSION)["AWS_ENDPOINT_URL"] == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "https://ecs.eu-central-1.amazonaws.com",
        "http://10.0.0.1:4566",
        "http://0.0.0.0:4566",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1@example.com",
    ],
)
def test_refuses_anything_else(endpoint: str) -> None:
    """An endpoint that is not on loopback is refused."""
    with pytest.raises(SandboxError, match="loopback"):
        environment.aws_environment(endpoint, "eu-west-1", SESSION)


def test_pulumi(tmp_path: Path) -> None:
    """Pulumi keeps its state and its home in the session, writes the state once, and uses the sandbox's provider."""
    found = environment.pulumi_environment(tmp_path, 7)
    assert found["PULUMI_BACKEND_URL"] == f"file://{tmp_path}/pulumi"
    assert (tmp_path / "pulumi").is_dir()
    assert found["PULUMI_HOME"] == f"{tmp_path}/pulumi-home"
    assert found["PULUMI_SKIP_CHECKPOINTS"] == "true"
    assert found["PULUMI_DEBUG_PROVIDERS"] == "aws:7"
    assert found["PULUMI_CONFIG_PASSPHRASE"] == ""


def test_pulumi_keeps_no_logs(tmp_path: Path) -> None:
    """A file keeps the CLI from making its folder of logs; a folder that is there already stays."""
    environment.pulumi_environment(tmp_path, 7)
    assert (tmp_path / "pulumi-home" / "logs").is_file()
    (tmp_path / "earlier" / "pulumi-home" / "logs").mkdir(parents=True)
    environment.pulumi_environment(tmp_path / "earlier", 7)
    assert (tmp_path / "earlier" / "pulumi-home" / "logs").is_dir()


def test_pulumi_finds_the_stand_ins_for_what_builds_images(tmp_path: Path) -> None:
    """They are plugins of the packages' versions. With AWS's own provider, its folder of plugins stays as it is."""
    environment.pulumi_environment(tmp_path, None)
    assert not (tmp_path / "pulumi-home" / "plugins").exists()
    for _ in range(2):
        environment.pulumi_environment(tmp_path, 7)
    found = sorted((tmp_path / "pulumi-home" / "plugins").glob("*/*"))
    assert [(one.parent.name, one.name) for one in found] == [
        (f"resource-{name}-v{version(f'pulumi-{name}')}", f"pulumi-resource-{name}")
        for name in ("awsx", "docker-build")
    ]
    assert all(os.access(one, os.X_OK) for one in found)


def test_docker() -> None:
    """The CLI finds Docker where the caller has it, and gets nothing else of the caller."""
    assert environment.docker_environment({"DOCKER_HOST": "unix:///here.sock", "SECRET": "x"}) == {
        "DOCKER_HOST": "unix:///here.sock"
    }
