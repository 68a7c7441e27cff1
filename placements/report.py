"""Records the mistakes and warnings of one placement, each with its key path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from settings import NAMESPACE, Problems, key_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgements.answers import Refused


class Report:
    """The problems and warnings of one placement. A part is a key path below it, such as `service.name`."""

    def __init__(self, problems: Problems, placement: str) -> None:
        """Record into `problems`, below the placement's key."""
        self._problems = problems
        self._place = key_path(f"{NAMESPACE}:placements", placement)

    def add(self, part: str, value: object, message: str, index: int | None = None) -> None:
        """Record a mistake about a value, or about one item of a list."""
        where = self._where(part)
        self._problems.add_value(where if index is None else key_path(where, index), value, message)

    def add_about(self, part: str, message: str) -> None:
        """Record a mistake that is not about a single value."""
        self._problems.add(self._where(part), message)

    def add_refusal(self, part: str, value: str, refusal: Refused, needed: str = "") -> None:
        """Record a refused look-up, without which no job can be deployed, as a mistake. `needed` begins the message."""
        permission = f"the permission {refusal.permission} is missing: " if refusal.permission else ""
        self.add(part, value, f"{needed}{permission}{refusal}")

    def warn(self, part: str, value: str, message: str) -> None:
        """Record a warning, which does not prevent a deployment."""
        self._problems.warn(self._where(part), value, message)

    def note(self, part: str, message: str) -> None:
        """Record what the user should know of a part, although it is no mistake."""
        self._problems.note(self._where(part), message)

    def warn_unchecked(self, part: str, names: Sequence[str], what: str, refusal: Refused) -> None:
        """Record a warning that `what` of the names is not checked. Jobs can still be deployed."""
        value = names[0] if len(names) == 1 else list(names)
        self._problems.warn(self._where(part), value, not_checked(what, refusal))

    def _where(self, part: str) -> str:
        return key_path(self._place, *part.split("."))


def not_checked(what: str, refusal: Refused) -> str:
    """Return the warning that `what` is not checked, with the reason."""
    reason = f"the permission {refusal.permission} is missing" if refusal.permission else str(refusal)
    return f"{what} not checked: {reason}"
