"""The program's error for what a resource hook has found in a preview."""

from __future__ import annotations

import pulumi


class PreviewRefusal:
    """A hook's finding, and the program's error for it.

    In a preview a hook raises nothing itself: the engine would interrupt the program, and Python would print where.
    """

    def __init__(self) -> None:
        """Start without a finding."""
        self.refusal: str | None = None
        """Why the stack cannot be deployed, once the hook has found it."""

    def check(self, registered: pulumi.Resource) -> None:
        """End the program with RunError if the hook has refused, once the engine has called it in a preview."""
        if pulumi.runtime.is_dry_run():
            registered.urn.apply(lambda _: self.refuse())

    def refuse(self) -> None:
        """Raise RunError if there is a refusal."""
        if self.refusal is not None:
            raise pulumi.RunError(self.refusal)
