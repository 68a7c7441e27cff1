"""The machine's clock waits for files, however long somebody wants to wait for them."""

from __future__ import annotations

import fcntl
import math
import os
import resource
import time

from scheduled_jobs_worker.clock import SYSTEM


def test_waits_for_a_file() -> None:
    """A wait without an end ends when a file can be read, and one that is over ends at once."""
    read, write = os.pipe()
    try:
        SYSTEM.wait([read], -1)
        os.write(write, b"x")
        SYSTEM.wait([read], math.inf)
    finally:
        os.close(read)
        os.close(write)


def test_waits_for_a_file_with_a_high_number() -> None:
    """A server may have thousands of files. `select()` takes none from 1024 on (FD_SETSIZE)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    read, write = os.pipe()
    high = fcntl.fcntl(read, fcntl.F_DUPFD, 1100)
    os.write(write, b"x")
    try:
        SYSTEM.wait([high], math.inf)
    finally:
        for file in (read, write, high):
            os.close(file)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_two_times() -> None:
    """One is the machine's, and the other one only grows."""
    assert abs(SYSTEM.now() - time.time()) < 60
    assert SYSTEM.steady() <= SYSTEM.steady()
