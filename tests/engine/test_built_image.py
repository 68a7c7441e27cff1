"""A job whose image is built from a Dockerfile: deployed by the real engine, with a stand-in for Docker."""

from __future__ import annotations

import json
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from tests.engine.account import REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.conftest import Sandbox
    from tests.engine.program import Program

STACK = "built"
REPOSITORY = f"scheduled-jobs-{STACK}/app"
JOB = """from settings import Dockerfile, Image, Job

JOB = Job(
    name="app",
    owner="data",
    command=["python", "-c", "print('built')"],
    image=Image(build=Dockerfile("images/app", args={"VERSION": "3"})),
)
"""
DOCKER = '''#!{python}
"""Stands for `docker build` and `docker save`: the image has the context as its only layer."""
import hashlib, io, json, pathlib, sys, tarfile

here = pathlib.Path(__file__).parent
options = dict(zip(sys.argv[2:-1:2], sys.argv[3:-1:2]))


def tar(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return out.getvalue()


if sys.argv[1] == "build":
    (here / "asked.json").write_text(json.dumps(sys.argv[1:]))
    folder = pathlib.Path(sys.argv[-1])
    layer = tar({{str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*") if one.is_file()}})
    (here / "layer").write_bytes(layer)
    pathlib.Path(options["--iidfile"]).write_text("sha256:" + hashlib.sha256(layer).hexdigest())
else:
    kind = "application/vnd.oci.image."
    blobs = {{}}

    def stored(content, what):
        digest = hashlib.sha256(content).hexdigest()
        blobs["blobs/sha256/" + digest] = content
        return {{"mediaType": kind + what, "digest": "sha256:" + digest, "size": len(content)}}

    config = json.dumps({{"architecture": "amd64", "os": "linux"}}).encode()
    parts = stored(config, "config.v1+json"), stored((here / "layer").read_bytes(), "layer.v1.tar")
    manifest = {{"schemaVersion": 2, "mediaType": kind + "manifest.v1+json", "config": parts[0], "layers": [parts[1]]}}
    index = {{"schemaVersion": 2, "manifests": [stored(json.dumps(manifest).encode(), "manifest.v1+json")]}}
    pathlib.Path(options["--output"]).write_bytes(tar({{**blobs, "index.json": json.dumps(index).encode()}}))
'''


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Put a stand-in for the command on PATH, and listen where its engine would; return its folder."""
    folder = tmp_path / "docker"
    folder.mkdir()
    command = folder / "docker"
    command.write_text(DOCKER.format(python=sys.executable))
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    with socket.socket(socket.AF_UNIX) as engine:
        engine.bind(str(folder / "docker.sock"))
        engine.listen()
        monkeypatch.setenv("DOCKER_HOST", f"unix://{folder / 'docker.sock'}")
        yield folder


@pytest.fixture
def program(make_program: Callable[[str], Program]) -> Iterator[Program]:
    """Lay out the program with one job whose image is built."""
    program = make_program(STACK)
    program.write_jobs(files={"app": JOB})
    folder = program.source / "images" / "app"
    folder.mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM scratch\nCOPY . .\n")
    program.write_config(
        {
            "aws:region": REGION,
            "scheduled-jobs:placements": {"default": {"cluster": "sandbox", "subnets": ["subnet-0a000000000000001"]}},
            "scheduled-jobs:schedules": {"app": "cron(0 * * * ? *)"},
        }
    )
    yield program
    assert program.run("destroy").code == 0


def pushed(sandbox: Sandbox) -> str:
    """Return the digest of the job's image in ECR."""
    found = sandbox.account.client("ecr").describe_images(repositoryName=REPOSITORY, imageIds=[{"imageTag": "app"}])
    return str(found["imageDetails"][0]["imageDigest"])


def runs(sandbox: Sandbox) -> str:
    """Return the image of the job's newest task definition."""
    family = sandbox.account.client("ecs").describe_task_definition(taskDefinition=f"scheduled-jobs-{STACK}-app")
    return str(family["taskDefinition"]["containerDefinitions"][0]["image"])


def log(sandbox: Sandbox) -> list[str]:
    """Return the lines of the job's only run."""
    logs, group = sandbox.account.client("logs"), f"/aws/ecs/{STACK}-cron-jobs"
    [stream] = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="app/job/")["logStreams"]
    events = logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    return [event["message"] for event in events]


def test_is_built_where_it_changes(
    sandbox: Sandbox, docker: Path, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The task runs it by its digest. A preview needs Docker only for an image that changes."""
    here, nowhere = f"unix://{docker / 'docker.sock'}", "unix:///nowhere/docker.sock"
    monkeypatch.setenv("DOCKER_HOST", nowhere)
    refused = program.run("preview")
    assert refused.code != 0
    assert (
        "the image of the job 'app' has to be built from images/app, and no Docker Engine answers at "
        f"{nowhere}: No such file or directory. Deploy where Docker runs, or build and push the image elsewhere and "
        "name it by its tag: `image` of the job in stack config"
    ) in " ".join(refused.output.split())
    assert "Traceback" not in refused.output

    monkeypatch.setenv("DOCKER_HOST", here)
    program.up()
    asked = json.loads((docker / "asked.json").read_text())
    assert asked[3:] == [
        *("--file", "images/app/Dockerfile", "--build-arg", "VERSION=3", "--platform", "linux/amd64", "images/app")
    ]
    first = pushed(sandbox)
    assert runs(sandbox).endswith(f"/{REPOSITORY}@{first}")
    [image] = [one for urn, one in program.state().items() if "$docker-build:index:Image::" in urn]
    assert image["inputs"]["context"] == {"location": "images/app"}
    sandbox.pass_hour(minutes=10)
    assert log(sandbox) == ["built"]

    monkeypatch.setenv("DOCKER_HOST", nowhere)
    assert program.run("up", "--expect-no-changes").code == 0
    (program.source / "images" / "app" / "data").write_text("new")
    refused = program.run("preview")
    assert refused.code != 0
    assert "has to be built from images/app, and no Docker Engine answers" in refused.output
    assert "Traceback" not in refused.output

    monkeypatch.setenv("DOCKER_HOST", here)
    program.up()
    assert pushed(sandbox) != first
    assert runs(sandbox).endswith(f"/{REPOSITORY}@{pushed(sandbox)}")
