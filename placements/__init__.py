"""Looks up in the account what stack config names, the holds and the supervisor, and makes what placements make.

Requests are per placement and endpoint, never per job.
"""

from placements.look_up_placements import look_up
from placements.making import make
from placements.placement import Placement
from placements.standing_supervisor import look_up_supervisor
from placements.stored_holds import look_up_holds

__all__ = ["Placement", "look_up", "look_up_holds", "look_up_supervisor", "make"]
