"""The base class of resource types: the declarations and the methods of a type."""

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
    properties. All other work is generic: checks, names, tags, region, diffs, previews, refresh, import and errors.
    """

    token: ClassVar[str]
    """The type token, such as `aws:sqs/queue:Queue`."""
    label: ClassVar[str]
    """The real provider's name for the type in messages, such as `SQS Queue`."""
    inputs: ClassVar[frozenset[str]]
    """The inputs that this provider supports. Any other input is refused by name."""
    outputs: ClassVar[frozenset[str]]
    """The properties that only AWS sets; a preview shows them as unknown until the resource exists."""
    required: ClassVar[frozenset[str]] = frozenset()
    replace_on: ClassVar[frozenset[str]] = frozenset()
    """Inputs whose change replaces the resource; the Terraform AWS provider marks them ForceNew."""
    auto_name: ClassVar[AutoName | None] = None
    defaults: ClassVar[Mapping[str, Json]] = {}
    """Defaults that the real provider adds to inputs, by dotted path; nested ones only where their parent is set."""
    ambient: ClassVar[Mapping[str, Json]] = {}
    """The defaults that AWS fills in and the real provider does not add to the inputs, by dotted path."""
    computed: ClassVar[frozenset[str]] = frozenset()
    """Inputs, by dotted path, that may have any value when the program does not set them (Computed in Terraform)."""
    volatile: ClassVar[frozenset[str]] = frozenset()
    """Properties that other resources change; a refresh keeps the state's value, unless the program sets one."""
    shared: ClassVar[frozenset[str]] = frozenset()
    """Inputs that others may add to: they are compared as AWS last had them, not as the program last set them."""
    write_only: ClassVar[frozenset[str]] = frozenset()
    """Inputs that AWS does not store: they come from the program and are never read back."""
    canonical: ClassVar[Mapping[str, Callable[[Json], Json]]] = {}
    """Functions that convert properties with several spellings to one form, by dotted path."""
    json_inputs: ClassVar[frozenset[str]] = frozenset()
    """Top-level inputs that are JSON text; programs may also set them to an object."""
    gone: ClassVar[frozenset[str]] = frozenset({"ResourceNotFoundException"})
    """AWS's error codes for a resource that does not exist."""
    regional: ClassVar[bool] = True
    """Whether the type has a `region` property; only the types of global services have none."""

    @abstractmethod
    def create(self, aws: Aws, inputs: Properties) -> str:
        """Create the resource with one call, and return its id."""

    def finish(self, aws: Aws, resource_id: str, inputs: Properties) -> None:  # noqa: B027 - most types need none
        """Make the further calls that the creation needs.

        When one of them fails, the resource stays in the state, marked as unfinished.
        """

    @abstractmethod
    def read(self, aws: Aws, resource_id: str, known: Properties) -> Properties | None:
        """Return the resource's current properties on AWS, or None when it is gone.

        `known` is the state so far, {} on import. A type may return a new id under the key `id`, as some imports need.
        """

    @abstractmethod
    def update(self, aws: Aws, resource_id: str, old: Properties, new: Properties) -> None:
        """Update the resource on AWS to the inputs `new`. `old` has the inputs so far and the `outputs`.

        Both contain the `computed` properties that the program does not set, with the values that AWS chose.
        """

    @abstractmethod
    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """Delete the resource."""

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        """Return (property, reason) for each invalid input; inputs may contain unknowns."""
        del inputs
        return []

    def name_of(self, inputs: Properties) -> str:
        """Return the name of the resource for messages, before the resource has an id."""
        return str(inputs.get("name", "new"))

    @cached_property
    def accepted(self) -> frozenset[str]:
        """All inputs, including `region` if the type is regional."""
        return self.inputs | {"region"} if self.regional else self.inputs

    @cached_property
    def accepted_text(self) -> str:
        """All inputs as one text."""
        return ", ".join(sorted(self.accepted))

    @cached_property
    def places_of_defaults(self) -> list[tuple[list[str], str, Json]]:
        """Each default with its place in the inputs: its parents, from the outermost, and its own key."""
        return [
            (parents, leaf, default) for path, default in self.defaults.items() for *parents, leaf in [path.split(".")]
        ]

    @cached_property
    def replacing(self) -> frozenset[str]:
        """The inputs whose change replaces the resource, including `region` and the generated name."""
        named = {self.auto_name.name_property} if self.auto_name else set()
        return self.replace_on | named | ({"region"} if self.regional else set())

    @cached_property
    def rules(self) -> Rules:
        """The rules for comparing values of this type."""
        return Rules({**self.ambient, **self.defaults}, self.computed, self.canonical)
