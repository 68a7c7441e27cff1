"""The kinds of jobs: what runs a job, with its look at the account, its place, and the resources that it needs.

Each kind is one file with a class that has the methods of `Kind`. Nothing outside this package knows which kind a job
has.
"""

from kinds.joined import fit, look_up, of
from kinds.kind import Kind

__all__ = ["Kind", "fit", "look_up", "of"]
