"""Looks up in the account what stack config names, the holds and the supervisor, and checks jobs against placements.

Requests are per placement and endpoint, never per job.
"""

from placements.fitting import fit
from placements.look_up_placements import look_up
from placements.own_images import look_up_images
from placements.placement import Placement
from placements.standing_supervisor import look_up_supervisor
from placements.stored_holds import look_up_holds

__all__ = ["Placement", "fit", "look_up", "look_up_holds", "look_up_images", "look_up_supervisor"]
