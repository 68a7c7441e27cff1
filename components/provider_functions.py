"""Calls the functions of AWS's provider by their tokens.

Those of `pulumi_aws` block the event loop or return outputs, and the import of a module such as `pulumi_aws.ec2` takes
up to a fifth of a second.
"""

from __future__ import annotations

from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping


async def call(
    function: str, arguments: Mapping[str, str | list[str]], parent: pulumi.Resource | None = None
) -> Mapping[str, Any]:
    """Return the answer of a function such as `ecs/getCluster`, from the provider of `parent` or of the stack.

    Raises plain Exception, as the SDK does, for a function that failed.
    """
    token = f"aws:{function}:{function.rpartition('/')[2]}"
    options = pulumi.InvokeOptions(parent=parent, version=_version())
    answer: Mapping[str, Any] = await pulumi.runtime.invoke_async(token, arguments, options)
    return answer


@cache
def _version() -> str:
    """Return the version of the resources' own provider. Another version would be a second provider process."""
    return metadata.version("pulumi_aws")
