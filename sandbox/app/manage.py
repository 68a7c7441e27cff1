"""Entry point of the sample web service's image: `python manage.py <command>`; the commands are in the package shop."""

import importlib
import sys

if __name__ == "__main__":
    # An image is read-only where the service runs: a command leaves no bytecode beside its code.
    sys.dont_write_bytecode = True
    sys.exit(importlib.import_module("shop.cli").main())
