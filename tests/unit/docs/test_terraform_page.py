"""Tests of the page beside Terraform: its numbers and its files are those of the examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "terraform"
PAGE = (ROOT / "docs" / "terraform.md").read_text(encoding="utf-8")
JOBS = ("db-cleanup", "drift-check")


def files(job: str, *patterns: str) -> list[Path]:
    """Return an example's files, without those of its image."""
    folder = EXAMPLES / job.replace("-", "_")
    found = sorted(path for pattern in patterns for path in folder.rglob(pattern) if "image" not in path.parts)
    assert found
    return found


def lines(*paths: Path) -> int:
    """Count the lines that are neither empty nor a comment."""
    written = [line.strip() for path in paths for line in path.read_text(encoding="utf-8").splitlines()]
    return sum(bool(line) and not line.startswith("#") for line in written)


def resources(job: str) -> list[str]:
    """Return the type of each resource that an example's Terraform declares. Its module is used once."""
    texts = [path.read_text(encoding="utf-8") for path in files(job, "*.tf")]
    assert sum(len(re.findall(r'^module "', text, re.MULTILINE)) for text in texts) == len(texts) - 1
    return [kind for text in texts for kind in re.findall(r'^resource "(\w+)"', text, re.MULTILINE)]


def cells(job: str, what: str) -> tuple[str, str]:
    """Return what the first table says about a job: of the Terraform, and of this program."""
    [(there, here)] = re.findall(rf"^\| `{job}`, {what} \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)
    return there, here


def section(job: str) -> str:
    """Return the part of the page about a job."""
    return PAGE.partition(f"\n## {job}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("job", JOBS)
def test_counts_lines(job: str) -> None:
    """The lines of the table are those of the files, all together and each."""
    there, here = cells(job, "lines")
    terraform, ours = files(job, "*.tf", "*.tfvars"), files(job, "*.py", "*.yaml")
    assert re.findall(r"\d+", there)[0] == str(lines(*terraform))
    assert re.findall(r"\d+", here) == [
        str(lines(*ours)),
        *(str(lines(*files(job, part))) for part in ("*.py", "*.yaml")),
    ]
    for part in re.findall(r"\d+", there)[1:]:
        assert int(part) in {lines(path) for path in terraform}


@pytest.mark.parametrize("job", JOBS)
def test_counts_and_explains_resources(job: str) -> None:
    """The table has the number of Terraform's resources, and the section says of each type what is here instead."""
    assert cells(job, "resources in AWS")[0] == str(len(resources(job)))
    table = section(job).partition("| resource in Terraform | here |")[2]
    first = " ".join(re.findall(r"^\|([^|]*)\|", table, re.MULTILINE))
    assert set(re.findall(r"`(aws_\w+)`", first)) == set(resources(job))


@pytest.mark.parametrize("job", JOBS)
def test_shows_our_files(job: str) -> None:
    """The page has the job file and the stack file as they are, without the line for people who read them alone."""
    for language, part in (("python", "*.py"), ("yaml", "*.yaml")):
        [block] = re.findall(rf"^```{language}\n(.*?)^```$", section(job), re.MULTILINE | re.DOTALL)
        [path] = files(job, part)
        assert path.read_text(encoding="utf-8").endswith(block)
        assert lines(path) - block.count("\n") + block.count("\n\n") <= 1


def test_links_to_all_files() -> None:
    """Each file that is counted has a link in the first table."""
    counted = [path for job in JOBS for path in files(job, "*.tf", "*.tfvars", "*.py", "*.yaml")]
    linked = {(ROOT / "docs" / link).resolve() for link in re.findall(r"\]\((\.\./examples[^)]*)\)", PAGE)}
    assert linked == {EXAMPLES, *counted}
