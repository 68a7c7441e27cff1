"""Starts `python -m ops`. A Python that lacks the program's packages gets one line instead of a traceback."""

import sys

from toolchain.packages import require

require()

if __name__ == "__main__":
    from ops.cli import main

    sys.exit(main())
