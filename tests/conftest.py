"""What holds for every test."""

from __future__ import annotations

from hypothesis import settings

from tests.sample_jobs import use_sample_jobs

__all__ = ["use_sample_jobs"]

# No test fails on wall time: a busy machine is slow, not wrong.
settings.register_profile("project", deadline=None)
settings.load_profile("project")
