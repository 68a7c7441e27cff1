"""Prints the installed packages as `pip list -v --format json` does, as far as Pulumi's language host reads it."""

from __future__ import annotations

import json
from importlib.metadata import Distribution, distributions


def described(found: Distribution) -> dict[str, str]:
    """Return what pip says of a package."""
    return {"name": found.name, "version": found.version, "location": str(found.locate_file(""))}


if __name__ == "__main__":
    print(json.dumps([described(found) for found in distributions()]))
