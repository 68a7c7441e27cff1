"""Entry point of the sample web service's image. `python manage.py <command>` runs a command of the package shop."""

import importlib
import sys

if __name__ == "__main__":
    # The image is read-only where the service runs, so a command writes no bytecode next to its code.
    sys.dont_write_bytecode = True
    sys.exit(importlib.import_module("shop.cli").main())
