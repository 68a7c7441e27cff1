"""The base class of resource types: what a type declares, and what it has to do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from emulator.provider.core.compare import Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from emulator.provider.core.clients import Aws
    from emulator.provider.core.naming import AutoName
    from emulator.provider.core.properties import Json, Properties


class ResourceType(ABC):
    """One resource type of pulumi-aws.

    A type declares its properties in camelCase and implements `create`, `read`, `update` and `delete` with plain
    properties. The rest is generic: checking, names, tags, region, diffs, previews, refresh, import and errors.
    """

    token: ClassVar[str]
    """Type token, such as `aws:sqs/queue:Queue`."""
    label: ClassVar[str]
    """What the real provider calls it in messages, such as `SQS Queue`."""
    inputs: ClassVar[frozenset[str]]
    """The inputs that this stand-in carries out. Any other is refused by name."""
    outputs: ClassVar[frozenset[str]]
    """Properties that only AWS sets; a preview shows them as unknown until the resource exists."""
    required: ClassVar[frozenset[str]] = frozenset()
    replace_on: ClassVar[frozenset[str]] = frozenset()
    """Inputs whose change replaces the resource: what the Terraform AWS provider marks ForceNew."""
    auto_name: ClassVar[AutoName | None] = None
    defaults: ClassVar[Mapping[str, Json]] = {}
    """What the real provider writes into inputs, by dotted path; nested ones only where their parent is given."""
    ambient: ClassVar[Mapping[str, Json]] = {}
    """What AWS fills in and the real provider leaves out of the inputs, by dotted path."""
    computed: ClassVar[frozenset[str]] = frozenset()
    """Inputs, by dotted path, that may have any value when the program leaves them out (Computed in Terraform)."""
    volatile: ClassVar[frozenset[str]] = frozenset()
    """Properties that other resources change: unless the program sets them, a refresh keeps what the state says."""
    write_only: ClassVar[frozenset[str]] = frozenset()
    """Inputs that AWS does not store: they are taken from the program and never read back."""
    canonical: ClassVar[Mapping[str, Callable[[Json], Json]]] = {}
    """Functions that give one form to properties with more than one spelling, by dotted path."""
    json_inputs: ClassVar[frozenset[str]] = frozenset()
    """Top-level inputs that are JSON text, which programs may also give as an object."""
    gone: ClassVar[frozenset[str]] = frozenset({"ResourceNotFoundException"})
    """AWS's error codes that mean: it does not exist."""
    regional: ClassVar[bool] = True
    """Whether it has a `region` property, as all but global services' types have."""

    @abstractmethod
    def create(self, aws: Aws, inputs: Properties) -> str:
        """Create the resource with one call and give its id."""

    def finish(self, aws: Aws, resource_id: str, inputs: Properties) -> None:  # noqa: B027 - most types need none
        """Make the further calls that creation needs.

        When one fails, the resource stays in the state, as unfinished.
        """

    @abstractmethod
    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        """Give the resource as AWS has it, or None when it is gone.

        `known` is the state so far, {} on import. Under the key `id` a type may give another id, as some imports need.
        """

    @abstractmethod
    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Make AWS match the inputs `new`. `old` are the inputs so far, and beside them the `outputs`.

        Both hold the `computed` properties that the program leaves to AWS, as AWS chose them.
        """

    @abstractmethod
    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the resource."""

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        """Give (property, reason) for each input that cannot work. Inputs may hold unknowns."""
        del inputs
        return []

    def name_of(self, inputs: Properties) -> str:
        """Give what messages call the resource before it has an id."""
        return str(inputs.get("name", "new"))

    @cached_property
    def accepted(self) -> frozenset[str]:
        """All inputs, with `region` where the type has it."""
        return self.inputs | {"region"} if self.regional else self.inputs

    @cached_property
    def replacing(self) -> frozenset[str]:
        """The inputs whose change replaces, with `region` and the name that the provider invents."""
        named = {self.auto_name.name_property} if self.auto_name else set()
        return self.replace_on | named | ({"region"} if self.regional else set())

    @cached_property
    def rules(self) -> Rules:
        """How values of this type compare."""
        return Rules({**self.ambient, **self.defaults}, self.computed, self.canonical)
