"""The sandbox's server spares work."""

from __future__ import annotations

import gc
import http.client
from typing import TYPE_CHECKING

from emulator.gateway import http_headers
from sandbox import server

if TYPE_CHECKING:
    import pytest


def test_spares_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers are read in the quick way. The collector of garbage stays on, with higher thresholds."""
    monkeypatch.setattr(http.client, "parse_headers", http.client.parse_headers)
    threshold = gc.get_threshold()
    try:
        server.spare_work()
        assert vars(http.client)["parse_headers"] is http_headers.read
        assert gc.isenabled()
        assert gc.get_freeze_count() > 0
        assert all(now > usual for now, usual in zip(gc.get_threshold(), (700, 10, 10), strict=True))
    finally:
        gc.unfreeze()
        gc.set_threshold(*threshold)
