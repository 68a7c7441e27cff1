"""A service that runs jobs on request: the program of the servers in `test_fleet`."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from receiver.callback import Callbacks
from receiver.claims import folder
from receiver.receiver import LATER, Receiver

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECRETS, _BEARER = os.environ["SECRETS"].split(), os.environ["PROOF"] == "bearer"
_DONE = Path(os.environ["DONE"])
application = Receiver(_SECRETS, bearer=_BEARER, claim=folder(Path(os.environ["CLAIMS"])))
_callbacks = Callbacks(_SECRETS, bearer=_BEARER, pauses=(0.01, 0.01))


@application.job("hello")
def hello(order: Mapping[str, Any]) -> None:
    """Write down who has done the work."""
    with _DONE.open("a", encoding="utf-8") as file:
        file.write(f"{os.environ['SERVER']} {order['schedule']} {order['launch']}\n")


@application.job("long")
def long(order: Mapping[str, Any]) -> str:
    """Go on after the answer, and tell the end."""
    threading.Thread(target=_callbacks.tell, args=(order, "no rates today"), daemon=True).start()
    return LATER
