"""What repairs several things. Pure."""

from __future__ import annotations

AGAIN = "run pulumi up --refresh, which makes it again as the stack file has it"
RESTORE = "pulumi up --refresh makes it as config says"
