"""Holds in SSM's Parameter Store: one parameter each, below a path of the schedule group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holds.hold import Hold, HoldError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Unreadable = Callable[[str, HoldError], None]

_PREFIX = "scheduled-jobs"
_AT_ONCE = 10
"""The most parameters in one answer (SSM API reference, GetParametersByPath, MaxResults)."""


def path(group: str) -> str:
    """Return the path of a schedule group's holds. A group's name is unique in its account and region."""
    return f"/{_PREFIX}/{group}/holds"


def read(parameters: Iterable[tuple[str, str]], unreadable: Unreadable) -> list[Hold]:
    """Return the holds in these parameters, which are names and values.

    Call `unreadable` with the name and the error of each parameter that is not a hold.
    """
    found = []
    for name, text in parameters:
        try:
            found.append(Hold.from_text(name.rpartition("/")[2], text))
        except HoldError as error:
            unreadable(name, error)
    return found


class Storage:
    """The holds of one schedule group."""

    def __init__(self, client: Any, group: str) -> None:  # noqa: ANN401 - boto3's client of SSM
        """Use this client."""
        self._client = client
        self._path = path(group)

    def all(self, unreadable: Unreadable) -> list[Hold]:
        """Return every hold. Call `unreadable` with the name and the error of each parameter that is not a hold."""
        return read(self._parameters(), unreadable)

    def put(self, hold: Hold) -> None:
        """Store a hold. One with the same id is replaced. HoldError when it cannot be stored."""
        self._put(hold, overwrite=True)

    def add(self, hold: Hold) -> bool:
        """Store a hold; return False, and change nothing, if one with the same id is there."""
        try:
            self._put(hold, overwrite=False)
        except self._client.exceptions.ParameterAlreadyExists:
            return False
        return True

    def _put(self, hold: Hold, *, overwrite: bool) -> None:
        self._client.put_parameter(
            Name=self._name(hold.id),
            Value=hold.to_text(),
            Type="String",
            Overwrite=overwrite,
            Description="A hold on scheduled jobs; python -m ops resume lifts it",
        )

    def remove(self, id_: str) -> None:
        """Remove a hold, if it is still there."""
        try:
            self._client.delete_parameter(Name=self._name(id_))
        except self._client.exceptions.ParameterNotFound:
            return

    def _parameters(self) -> Iterator[tuple[str, str]]:
        pages = self._client.get_paginator("get_parameters_by_path").paginate(
            Path=self._path, PaginationConfig={"PageSize": _AT_ONCE}
        )
        for page in pages:
            yield from ((one["Name"], one["Value"]) for one in page["Parameters"])

    def _name(self, id_: str) -> str:
        return f"{self._path}/{id_}"
