"""One case for each resource type."""

from __future__ import annotations

from typing import Final

from tests.unit.sandbox.provider.cases_identity import IDENTITY
from tests.unit.sandbox.provider.cases_messaging import MESSAGING
from tests.unit.sandbox.provider.cases_platform import PLATFORM
from tests.unit.sandbox.provider.cases_scheduling import SCHEDULING

CASES: Final = [*SCHEDULING, *IDENTITY, *MESSAGING, *PLATFORM]
