"""The tests of components can fail: what is declared is awaited, and really made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pytest
from pulumi_aws import sqs

if TYPE_CHECKING:
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
