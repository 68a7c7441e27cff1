"""What holds for every test."""

from __future__ import annotations

import gc

from hypothesis import settings

from tests.sample_jobs import use_sample_jobs
from tests.sdk_models import read_models_once

__all__ = ["read_models_once", "use_sample_jobs"]

# A process of tests keeps its many modules, and what the SDK and moto know. Python looks through all of it for garbage
# whenever a test makes many objects; with these numbers it does so less often.
gc.set_threshold(10_000, 50, 50)

# No test fails on wall time: a busy machine is slow, not wrong.
settings.register_profile("project", deadline=None)
settings.load_profile("project")
