"""The base class of the functions that programs call, such as aws.ecs.get_cluster."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from emulator.provider.core.clients import Aws
    from emulator.provider.core.properties import Properties


class Function(ABC):
    """One function of pulumi-aws: it reads something from AWS and returns it in the shape of its result type."""

    token: ClassVar[str]
    """The token, such as `aws:ecs/getCluster:getCluster`."""
    label: ClassVar[str]
    """The real provider's name for the kind of thing that is read, such as `ECS Cluster`."""
    named_by: ClassVar[str] = "id"
    """The argument that names the thing in messages."""

    @abstractmethod
    def run(self, aws: Aws, args: Properties) -> Properties:
        """Return the result; raise ProviderError when there is no such thing."""

    def name_of(self, args: Properties) -> str:
        """Return the name of the thing for messages."""
        return str(args.get(self.named_by, ""))
