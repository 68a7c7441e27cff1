"""The image of the example: it prints a report, or says why it cannot."""

from __future__ import annotations

import os
import sys


def main(what: str) -> int:
    """Print the report, and return the exit code."""
    if what == "sales":
        print("report: cannot be written: the file sales.csv does not exist")
        return 3
    print(f"report: {what} of {os.environ['JOB_SCHEDULED_TIME']}, for {os.environ['AUDIENCE']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
