"""Tests of `python -m ops check`, which checks a stack without an engine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ops.cli import main
from ops.commands import check
from tests.sample_jobs import NAMES

CHECKOUT = Path(__file__).parents[4]


@pytest.mark.parametrize("stack", sorted(p.name.split(".")[1] for p in CHECKOUT.glob("Pulumi.*.yaml")))
def test_the_stacks_of_this_program_are_sound(stack: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Each stack file in the repository is valid."""
    assert main(["check", stack, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["problems"] == []
    assert main(["check", stack]) == 0
    jobs = len({schedule["name"].partition(".")[0] for schedule in found["schedules"]})
    verdict = f"{jobs} jobs, {len(found['schedules'])} schedules: no mistakes. A preview also asks the account."
    assert capsys.readouterr().out.splitlines()[-1] == verdict


@pytest.mark.usefixtures("use_sample_jobs")
def test_next_ticks_are_shown_in_words_and_in_both_zones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The output shows each schedule in words, with its next ticks."""
    off = "".join(f"    {name}: off\n" for name in NAMES if name not in {"nightly-report", "refresh-cache"})
    (tmp_path / "Pulumi.good.yaml").write_text(
        "config:\n"
        "  scheduled-jobs:placements: {default: {service: {cluster: c, name: web}}}\n"
        "  scheduled-jobs:defaults: {timezone: Europe/Berlin}\n"
        "  scheduled-jobs:schedules:\n"
        "    nightly-report: cron(0 1 * * ? *)\n"
        "    refresh-cache: {rate: 1 hour, enabled: false}\n" + off
    )
    monkeypatch.setattr(check, "CHECKOUT", tmp_path)

    assert main(["check", "good", "--json"]) == 0
    schedules = {s["name"]: s for s in json.loads(capsys.readouterr().out)["schedules"]}

    assert schedules["nightly-report"]["words"] == "at 01:00 every day, Europe/Berlin"
    assert len(schedules["nightly-report"]["next"]) == 3
    assert all("01:00 CE" in tick and "UTC" in tick for tick in schedules["nightly-report"]["next"])
    assert schedules["refresh-cache"] == {
        "name": "refresh-cache",
        "words": "every hour",
        "enabled": False,
        "next": ["would first run 1 hour after deployment"],
    }


@pytest.mark.usefixtures("use_sample_jobs")
def test_supervised_jobs_are_named_with_the_ticks_that_they_skip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The notes stand before the verdict, and in the JSON."""
    off = "".join(f"    {name}: off\n" for name in NAMES if name != "nightly-report")
    (tmp_path / "Pulumi.good.yaml").write_text(
        "config:\n"
        "  scheduled-jobs:placements: {default: {service: {cluster: c, name: web}}}\n"
        "  scheduled-jobs:calendars: {holidays: ['2199-12-25']}\n"
        "  scheduled-jobs:schedules:\n"
        "    nightly-report: {cron: '0 1 * * ? *', notOn: [holidays]}\n" + off
    )
    monkeypatch.setattr(check, "CHECKOUT", tmp_path)

    assert main(["check", "good", "--json"]) == 0
    supervised, skips = json.loads(capsys.readouterr().out)["notes"]
    assert "nightly-report: is supervised, because of scheduled-jobs:schedules.nightly-report.notOn. " in supervised
    assert skips.endswith("nightly-report: does not run at Wed 2199-12-25 01:00 UTC (holidays)")
    assert main(["check", "good"]) == 0
    assert capsys.readouterr().out.splitlines()[-3:-1] == [supervised, skips]


@pytest.mark.usefixtures("use_sample_jobs")
def test_twelve_mistakes_are_twelve_messages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """All mistakes are reported at once, each with the place to fix it."""
    (tmp_path / "Pulumi.bad.yaml").write_text(
        """
        config:
          scheduled-jobs:placements:
            default: {service: {cluster: c, name: web}, subnets: [vpc-1]}
            other: {cluster: c}
          scheduled-jobs:defaults: {timezone: Europe/Berlinn}
          scheduled-jobs:schedules:
            nightly-report: "cron(0 2 * * * *)"
            cleanup: {cron: "0 2 * * *"}
            refresh-cache: {rate: 15 minutes, at: "2027-01-01T00:00:00"}
            import-rates: {cron: "0 5 * * ? *", enabeld: true}
            export-orders: {cron: "0 5 * * ? *", cpu: 300, memory: 512}
            drift-check: {cron: "0 7 * * ? *", environment: {BAD-NAME: x}}
            backup: {rate: 1 day}
          scheduled-jobs:tagz: {}
          scheduled-jobs:alerts: {email: [nobody]}
        """
    )
    monkeypatch.setattr(check, "CHECKOUT", tmp_path)

    assert main(["check", "bad", "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [problem.split(": ")[0] for problem in sorted(problems)] == [
        "scheduled-jobs:alerts.email[0]",
        "scheduled-jobs:defaults.timezone",
        "scheduled-jobs:placements.default.subnets[0]",
        "scheduled-jobs:placements.other",
        "scheduled-jobs:schedules.backup",
        "scheduled-jobs:schedules.cleanup.cron",
        "scheduled-jobs:schedules.drift-check.environment.BAD-NAME",
        "scheduled-jobs:schedules.export-orders",
        "scheduled-jobs:schedules.import-rates.enabeld",
        "scheduled-jobs:schedules.nightly-report",
        "scheduled-jobs:schedules.refresh-cache",
        "scheduled-jobs:tagz",
    ]


def test_problems_are_read_on_standard_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Problems are written to standard error, and standard output stays empty."""
    shutil.copy(CHECKOUT / "Pulumi.staging.yaml", tmp_path)
    monkeypatch.setattr(check, "CHECKOUT", tmp_path)

    assert main(["check", "stagin"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "must be one of: Pulumi.staging.yaml" in err
