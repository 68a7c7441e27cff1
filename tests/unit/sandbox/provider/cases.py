"""One case for each resource type."""

from __future__ import annotations

from typing import Final

from tests.unit.sandbox.provider.cases_functions import FUNCTIONS
from tests.unit.sandbox.provider.cases_identity import IDENTITY
from tests.unit.sandbox.provider.cases_messaging import MESSAGING
from tests.unit.sandbox.provider.cases_platform import PLATFORM
from tests.unit.sandbox.provider.cases_scheduling import SCHEDULING
from tests.unit.sandbox.provider.cases_tables import TABLES
from tests.unit.sandbox.provider.cases_watching import WATCHING

CASES: Final = [*SCHEDULING, *IDENTITY, *MESSAGING, *PLATFORM, *FUNCTIONS, *TABLES, *WATCHING]
