"""The part of the servers that runs the jobs: the reference receiver, and a function for each job."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from receiver.claims import folder
from receiver.receiver import Receiver

if TYPE_CHECKING:
    from collections.abc import Mapping

application = Receiver(os.environ["JOBS_SECRETS"].split(), claim=folder(Path(os.environ["JOBS_CLAIMS"])))


@application.job("hello")
def hello(order: Mapping[str, Any]) -> None:
    """Say hello."""
    print("hello at", order["tick"], flush=True)
