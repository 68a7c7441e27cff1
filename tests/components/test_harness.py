"""Tests of the test harness: it awaits every output and really creates the resources."""

from __future__ import annotations

import io
import json
import zipfile
from functools import partial
from typing import TYPE_CHECKING

import pulumi
import pytest
from moto.awslambda.models import lambda_backends
from pulumi_aws import iam, lambda_, sqs

from tests.components.embedded import ACCOUNT, REGION
from tests.components.recorded import deployment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.components.embedded import EmbeddedCloud


def test_awaits_every_output(cloud: EmbeddedCloud) -> None:
    """An assertion inside an output that nobody returns fails the run."""

    def refuse(url: str) -> None:
        raise AssertionError(url)

    with pytest.raises(AssertionError, match=r"/letters$"):
        cloud.run(lambda: sqs.Queue("letters", name="letters").url.apply(refuse))


def test_makes_resources(cloud: EmbeddedCloud) -> None:
    """What a program declares exists in the embedded AWS, and its outputs are what AWS says."""

    async def program() -> str | None:
        return await sqs.Queue("letters", name="letters").arn.future()

    deployment, arn = cloud.run(program)
    assert arn == "arn:aws:sqs:eu-central-1:123456789012:letters"
    assert [queue.rpartition("/")[2] for queue in cloud.client("sqs").list_queues()["QueueUrls"]] == ["letters"]
    assert [(found.name, found.parent) for found in deployment.of("Queue")] == [("letters", "")]
    assert isinstance(pulumi.get_stack(), str)


def declare_function(name: str, code: str, file: Path) -> lambda_.Function:
    """Declare a function; the last of its files becomes known only with the role."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.Role(name, name=name, assume_role_policy=json.dumps({"Statement": [trust]}))
    file.write_text(code)

    def pack(arn: str) -> pulumi.AssetArchive:
        comment = pulumi.StringAsset("# a package")
        texts = {"watch/__init__.py": comment, "facts.json": pulumi.StringAsset(json.dumps({"role": arn}))}
        return pulumi.AssetArchive({"watch/handler.py": pulumi.FileAsset(file), **texts})

    return lambda_.Function(
        name,
        name=name,
        role=role.arn,
        runtime="python3.13",
        handler="watch.handler.handle",
        code=role.arn.apply(pack),
    )


def test_deploys_archives(cloud: EmbeddedCloud, tmp_path: Path) -> None:
    """A function's code is a zip file in the embedded AWS, and stays an archive in the program."""

    async def program() -> pulumi.Archive | None:
        return await declare_function("watch", "def handle(): ...", tmp_path / "handler.py").code.future()

    declared, code = cloud.run(program)
    deployed = lambda_backends[ACCOUNT][REGION].get_function("watch")
    with zipfile.ZipFile(io.BytesIO(deployed.code_bytes)) as packed:
        assert {name: packed.read(name) for name in packed.namelist()} == {
            "facts.json": b'{"role": "arn:aws:iam::123456789012:role/watch"}',
            "watch/__init__.py": b"# a package",
            "watch/handler.py": b"def handle(): ...",
        }
    assert isinstance(code, pulumi.AssetArchive)
    assert code.assets.keys() == {"watch/handler.py", "watch/__init__.py", "facts.json"}
    assert declared.one("Function", "watch").secrets == frozenset()


def test_only_other_code_is_deployed_again(tmp_path: Path) -> None:
    """A second deployment of the same files from another folder changes nothing; other files change only the code."""
    first, second = tmp_path / "first.py", tmp_path / "second.py"
    with deployment("jobs", "staging") as deployed:
        deployed.up(partial(declare_function, "again", "a = 1", first))
        same = deployed.calls(lambda: deployed.up(partial(declare_function, "again", "a = 1", second)))
        other = deployed.calls(lambda: deployed.up(partial(declare_function, "again", "a = 2", second)))
    assert [call.operation for call in same] == []
    assert [call.operation for call in other if not call.operation.startswith(("Get", "List"))] == [
        "UpdateFunctionCode"
    ]
