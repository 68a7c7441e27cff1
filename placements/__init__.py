"""Looks up in the account what stack config names, the holds, and what is under way, and makes what placements make.

Requests are per placement and endpoint, never per job.
"""

from placements.look_up_placements import look_up
from placements.lookups import Lookups
from placements.making import make
from placements.placement import Placement
from placements.stored_holds import look_up_holds
from placements.under_way import UnderWay, look_up_under_way

__all__ = ["Lookups", "Placement", "UnderWay", "look_up", "look_up_holds", "look_up_under_way", "make"]
