"""The kinds of jobs: what runs a job, with its look at the account, its place, and the resources that it needs.

Each kind is one file with a class that has the methods of `Kind`. The program asks this package, and no job, what kind
a job has. Only `plan`, which checks what job files say, knows it too.
"""

from kinds.joined import builds, claims, fit, log_group, look_closer, look_up, needs, of, workers
from kinds.kind import Kind

__all__ = ["Kind", "builds", "claims", "fit", "log_group", "look_closer", "look_up", "needs", "of", "workers"]
