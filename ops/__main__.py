"""Starts `python -m ops`. A Python that lacks the program's packages gets one line instead of a traceback."""

import sys

from toolchain.packages import lacks_package

if __name__ == "__main__":
    try:
        from ops.cli import main

        sys.exit(main())
    except ModuleNotFoundError as missing:
        sys.exit(lacks_package(missing))
