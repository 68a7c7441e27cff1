"""Looks up in the account what stack config names, and checks jobs against their placements.

Requests are per placement and endpoint, never per job.
"""

from placements.fitting import fit
from placements.look_up_placements import look_up
from placements.placement import Placement

__all__ = ["Placement", "fit", "look_up"]
