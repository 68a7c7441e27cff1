"""docs/doctor.md lists the codes of everything that `doctor` finds broken."""

from __future__ import annotations

import ast
import re

from sandbox.session import CHECKOUT

ROW = re.compile(r"^\| `([a-z-]+)` \|", re.MULTILINE)


def codes() -> list[str]:
    """Return the codes of all calls of `broken`, which must be literals."""
    found = []
    for file in sorted((CHECKOUT / "doctor").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "broken":
                assert isinstance(node.args[0], ast.Constant), f"{file}:{node.lineno}"
                found.append(str(node.args[0].value))
    return found


def test_the_page_lists_every_code() -> None:
    """Each code stands there once, and no other one."""
    page = (CHECKOUT / "docs/doctor.md").read_text()
    listed = ROW.findall(page.partition("\n## What it finds\n")[2])
    assert len(listed) == len(set(listed))
    assert set(listed) == set(codes())
