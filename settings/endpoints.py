"""The endpoints of alerts. Each is an address, or a mapping that also limits the alerts that it gets."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self, TypeVar

import pydantic
from pydantic import Field

from settings.job import JobName, Severity
from settings.limits import EmailAddress, FunctionArn, HttpEndpoint, Once, QueueArn, repeated
from settings.section import Section
from settings.tag_text import Owner

T = TypeVar("T")

_MOST_COMBINATIONS = 150
"""The product of the lengths of all lists of a filter policy (SNS Developer Guide, filter policy constraints)."""

Trouble = Literal[
    "failed",
    "not-started",
    "not-launched",
    "too-late",
    "missed",
    "interrupted",
    "timed-out",
    "overrun",
    "not-done",
    "stopped",
    "will-not-launch",
    "drifted",
]
"""The classes of alerts that need a person, as `watch.classes` lists them."""
AlertClass = Literal[
    "failed",
    "not-started",
    "not-launched",
    "too-late",
    "missed",
    "interrupted",
    "timed-out",
    "overrun",
    "not-done",
    "stopped",
    "will-not-launch",
    "drifted",
    "recovered",
]
"""All classes. They are written out, since a union of literals would put its parts into the key paths of messages."""


class Route(Section):
    """The alerts that an endpoint gets: an alert must match one item of every list that is set. Default: all alerts."""

    classes: Annotated[list[AlertClass], Field(min_length=1), Once] | None = None
    owners: Annotated[list[Owner], Field(min_length=1), Once] | None = None
    jobs: Annotated[list[JobName], Field(min_length=1), Once] | None = None
    severities: Annotated[list[Severity], Field(min_length=1), Once] | None = None

    @pydantic.model_validator(mode="after")
    def _fits_a_filter(self) -> Self:
        lists = (self.classes, self.owners, self.jobs, self.severities)
        combinations = math.prod(len(one) for one in lists if one)
        if combinations > _MOST_COMBINATIONS:
            raise ValueError(
                f"{combinations} combinations of classes, owners, jobs and severities; SNS accepts at most "
                f"{_MOST_COMBINATIONS}: remove or shorten a list"
            )
        return self


class EmailRoute(Route):
    """An e-mail address and the alerts that it gets."""

    to: EmailAddress


class HttpsRoute(Route):
    """An https endpoint and the alerts that it gets."""

    to: HttpEndpoint


class QueueRoute(Route):
    """A queue and the alerts that it gets."""

    to: QueueArn


class FunctionRoute(Route):
    """A function and the alerts that it gets."""

    to: FunctionArn


def _form_of_endpoint(endpoint: object) -> str | None:
    if isinstance(endpoint, str):
        return "[name]"
    return "[mapping]" if isinstance(endpoint, dict | Route) else None


_ENDPOINT = pydantic.Discriminator(
    _form_of_endpoint,
    custom_error_type="endpoint",
    custom_error_message="must be an address, or a mapping with `to` and any of classes, owners, jobs, severities",
)
_NAME, _MAPPING = pydantic.Tag("[name]"), pydantic.Tag("[mapping]")
Email = Annotated[Annotated[EmailAddress, _NAME] | Annotated[EmailRoute, _MAPPING], _ENDPOINT]
Https = Annotated[Annotated[HttpEndpoint, _NAME] | Annotated[HttpsRoute, _MAPPING], _ENDPOINT]
Queue = Annotated[Annotated[QueueArn, _NAME] | Annotated[QueueRoute, _MAPPING], _ENDPOINT]
Function = Annotated[Annotated[FunctionArn, _NAME] | Annotated[FunctionRoute, _MAPPING], _ENDPOINT]
AnyEndpoint = str | EmailRoute | HttpsRoute | QueueRoute | FunctionRoute


def address_of(given: object) -> str:
    """Return the address of an endpoint in either form."""
    return given if isinstance(given, str) else str(getattr(given, "to", ""))


def _no_address_twice(endpoints: list[T]) -> list[T]:
    twice = repeated(address_of(one) for one in endpoints)
    if twice is not None:
        raise ValueError(
            f"lists '{twice}' more than once; SNS accepts an address once: "
            "put its classes, owners, jobs and severities into one mapping"
        )
    return endpoints


EachOnce = pydantic.AfterValidator(_no_address_twice)
"""The validator for a list of endpoints, whose addresses must differ."""
