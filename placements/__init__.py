"""Looks up placements in the account and checks jobs against them. Requests are per placement, never per job."""

from placements.fitting import fit
from placements.look_up_placements import look_up
from placements.placement import Placement

__all__ = ["Placement", "fit", "look_up"]
