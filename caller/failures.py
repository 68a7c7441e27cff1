"""How a request fails. Lambda puts the class's name and the text into the record of the invocation's end. Pure.

The texts are as they came: `words.told` makes of them what may leave the function.
"""

from __future__ import annotations


class _Failure(Exception):  # noqa: N818 - alerts have its subclasses' names
    """A request without a good answer."""

    def __init__(self, why: str, quote: str = "") -> None:
        """Take the reason, and the words of the receiver that belong to it."""
        super().__init__(why)
        self.why, self.quote = why, quote


class RequestFailed(_Failure):
    """The receiver cannot be reached, or its answer is not good."""


class RequestTimedOut(_Failure):
    """The answer has not come within the job's time limit. The watch knows the name of this class."""
