"""Placements as the account has them, and jobs checked against them. The account is asked once, never per job."""

from placements.fitting import fit
from placements.looking import look_up
from placements.placement import Placement

__all__ = ["Placement", "fit", "look_up"]
