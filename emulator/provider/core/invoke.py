"""The base class of functions that programs invoke, such as aws.ecs.get_cluster."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Properties


class Function(ABC):
    """One function of pulumi-aws: a question to AWS, answered in the shape of its result type."""

    token: ClassVar[str]
    """Token, such as `aws:ecs/getCluster:getCluster`."""
    label: ClassVar[str]
    """What the real provider calls the thing that is looked up, such as `ECS Cluster`."""
    named_by: ClassVar[str] = "id"
    """The argument that names it in messages."""

    @abstractmethod
    def run(self, aws: Aws, args: Properties) -> Properties:
        """Give the result. Raises ProviderError when there is no such thing."""

    def name_of(self, args: Properties) -> str:
        """Give what messages call the thing that is looked up."""
        return str(args.get(self.named_by, ""))
