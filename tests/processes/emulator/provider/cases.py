"""One case for each resource type."""

from __future__ import annotations

from typing import Final

from tests.processes.emulator.provider.cases_functions import FUNCTIONS
from tests.processes.emulator.provider.cases_identity import IDENTITY
from tests.processes.emulator.provider.cases_messaging import MESSAGING
from tests.processes.emulator.provider.cases_platform import PLATFORM
from tests.processes.emulator.provider.cases_scheduling import SCHEDULING
from tests.processes.emulator.provider.cases_tables import TABLES
from tests.processes.emulator.provider.cases_watching import WATCHING

CASES: Final = [*SCHEDULING, *IDENTITY, *MESSAGING, *PLATFORM, *FUNCTIONS, *TABLES, *WATCHING]
