from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
import yaml
from cronsim import CronSim, CronSimError
from hypothesis import given, reject, settings
from hypothesis import strategies as st

import cadence
from adoption import kubernetes
from adoption.found import SourceError
from tests.unit.adoption.adopting import checked, todos, write
from tests.unit.adoption.test_unix_cron import days, without_stars

if TYPE_CHECKING:
    from pathlib import Path

    from adoption.found import Contents, Found

Part: TypeAlias = Mapping[str, Any] | None
NOW = datetime(2026, 11, 29, 10, tzinfo=UTC)
YEAR = NOW + timedelta(days=365)
SERVICE = {"cluster": "production", "name": "web"}
POD = "spec.jobTemplate.spec.template.spec"
MAIN = f"{POD}.containers[0]"

REAL = """\
apiVersion: batch/v1
kind: CronJob
metadata:
  name: mysql-prod-daily-backup
  namespace: prod
  labels: {task: mysql-backup, team: platform}
spec:
  schedule: "0 2 * * *"
  timeZone: Europe/Berlin
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 3600
  successfulJobsHistoryLimit: 3
  jobTemplate:
    spec:
      backoffLimit: 3
      activeDeadlineSeconds: 1800
      ttlSecondsAfterFinished: 86400
      template:
        spec:
          restartPolicy: OnFailure
          tolerations:
          - key: node-role.kubernetes.io/control-plane
            operator: Exists
          containers:
          - name: backup
            image: registry.example.com/acme/mysql-backup:1.2
            args: ["--host", "db", "--date=$(DATE)"]
            env:
            - name: BUCKET
              value: backups
            - name: MYSQL_PASSWORD
              valueFrom: {secretKeyRef: {name: db, key: password}}
            - name: API_TOKEN
              value: abcdef123456
            envFrom:
            - configMapRef: {name: settings}
            resources:
              requests: {cpu: 300m, memory: 700Mi}
              limits: {memory: 1Gi}
            volumeMounts: [{name: data, mountPath: /data}]
          volumes:
          - name: data
            emptyDir: {}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
"""


def read(text: str) -> Contents:
    """Read a manifest named `jobs.yaml`."""
    return kubernetes.read(text.encode(), "jobs.yaml", SERVICE, NOW)


def cron_job(
    schedule: str = "0 2 * * *",
    *,
    spec: Part = None,
    job: Part = None,
    pod: Part = None,
    container: Part = None,
) -> Contents:
    """Read a CronJob that differs in these parts from a small one."""
    main = {"name": "main", "image": "worker:1", "args": ["work"], **(container or {})}
    template = {"spec": {"containers": [main], **(pod or {})}}
    whole = {"schedule": schedule, "timeZone": "UTC", **(spec or {})}
    whole["jobTemplate"] = {"spec": {"backoffLimit": 0, "template": template, **(job or {})}}
    return read(yaml.safe_dump({"kind": "CronJob", "metadata": {"name": "small"}, "spec": whole}))


def one(contents: Contents) -> Found:
    """Return the only job."""
    [found] = contents.found
    return found


def fields(contents: Contents) -> dict[str, str]:
    """Return the leftovers of the only job by field, without the one about the image."""
    return {left.field: left.todo for left in one(contents).leftovers if left.field != f"{MAIN}.image"}


def test_a_real_manifest_passes_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The job has the limits of the CronJob, and nothing of a secret is in a file."""
    made = write(tmp_path, read(REAL))
    found = checked(tmp_path, capsys)
    assert found["problems"] == []
    [schedule] = found["schedules"]
    assert (schedule["name"], schedule["enabled"]) == ("mysql-prod-daily-backup", False)
    assert schedule["words"] == "at 02:00 every day, Europe/Berlin"
    assert made.files["jobs/mysql_prod_daily_backup.py"].partition("JOB = ")[2] == (
        "Job(\n"
        '    name="mysql-prod-daily-backup",\n'
        '    command=["--host", "db", "--date=$(DATE)"],\n'
        '    environment={"BUCKET": "backups"},\n'
        '    owner="platform",\n'
        "    retries=3,\n"
        '    backoff="10s",\n'
        '    total_timeout="30m",\n'
        '    overlap="skip",\n'
        '    start_deadline="1h",\n'
        "    cpu=512,\n"
        "    memory=1024,\n"
        ")\n"
    )
    assert "abcdef123456" not in "".join(made.files.values())


def test_what_is_not_carried_over_is_listed_with_its_line() -> None:
    """Each line has the place, the field and what to do."""
    contents = read(REAL)
    assert [str(left).split(": ")[:2] for left in one(contents).leftovers] == [
        ["jobs.yaml:27", f"{MAIN}.args"],
        ["jobs.yaml:36", f"{MAIN}.envFrom[0]"],
        ["jobs.yaml:32", f"{MAIN}.env[1].valueFrom"],
        ["jobs.yaml:33", f"{MAIN}.env[2].API_TOKEN"],
        ["jobs.yaml:37", f"{MAIN}.resources"],
        ["jobs.yaml:8", "spec.schedule"],
        ["jobs.yaml:26", f"{MAIN}.image"],
        ["jobs.yaml:21", f"{POD}.tolerations"],
        ["jobs.yaml:41", f"{POD}.volumes"],
        ["jobs.yaml:40", f"{MAIN}.volumeMounts"],
    ]
    assert [str(left) for left in contents.leftovers] == [
        "jobs.yaml: ConfigMap: is no CronJob, so it stays where it is"
    ]


def test_a_list_is_read_item_by_item() -> None:
    """As `kubectl get cronjobs -o yaml` prints it, also as JSON, with what Kubernetes fills in."""
    items = [yaml.safe_load(REAL.partition("---")[0]) for _ in range(2)]
    items[0]["status"] = {"lastScheduleTime": "2026-11-29T02:00:00Z"}
    contents = read(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items}))
    assert [found.job.name for found in contents.found] == ["mysql-prod-daily-backup"] * 2
    assert contents.leftovers == []


def test_two_jobs_of_a_name_are_numbered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Names differ only in their namespace, or in what no job's name has."""
    text = "\n---\n".join(yaml.safe_dump({**DOCUMENT, "metadata": {"name": name}}) for name in ("a.b", "a-b", "a_b"))
    made = write(tmp_path, read(text))
    assert checked(tmp_path, capsys)["problems"] == []
    assert [job.job.name for job in made.jobs] == ["a-b", "a-b-2", "a-b-3"]
    assert "jobs.yaml:3: name: is a.b there, and a-b here" in map(str, made.leftovers)


DOCUMENT = {
    "kind": "CronJob",
    "spec": {
        "schedule": "0 2 * * *",
        "jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "a", "image": "a", "args": ["a"]}]}}}},
    },
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"spec": {"concurrencyPolicy": "Allow"}}, {}),
        ({"spec": {"concurrencyPolicy": "Forbid"}}, {"overlap": "skip"}),
        ({"spec": {"concurrencyPolicy": "Replace"}}, {"overlap": "replace"}),
        ({"spec": {"startingDeadlineSeconds": 200}}, {"start_deadline": "3m20s"}),
        ({"spec": {"startingDeadlineSeconds": 10}}, {"start_deadline": "1m"}),
        ({"spec": {"startingDeadlineSeconds": 10**6}}, {"start_deadline": "24h"}),
        ({"job": {"backoffLimit": 2}}, {"retries": 2, "backoff": "10s"}),
        ({"job": {"backoffLimit": 20}}, {"retries": 10, "backoff": "10s"}),
        ({"job": {"activeDeadlineSeconds": 90}}, {"total_timeout": "1m30s"}),
        ({"pod": {"activeDeadlineSeconds": 90}}, {"timeout": "1m30s"}),
        ({"container": {"resources": {"limits": {"cpu": "250m", "memory": "512Mi"}}}}, {"cpu": 256, "memory": 512}),
        ({"container": {"resources": {"requests": {"cpu": 1}}}}, {"cpu": 1024, "memory": 2048}),
    ],
    ids=str,
)
def test_what_a_key_becomes(given: dict[str, Any], expected: dict[str, Any]) -> None:
    """Each key that has a counterpart becomes a field of the job."""
    job = one(cron_job(**given)).job
    names = {"overlap", "start_deadline", "retries", "backoff", "total_timeout", "timeout", "cpu", "memory"}
    assert {name: value for name, value in vars(job).items() if name in names and value is not None} == expected


@pytest.mark.parametrize(
    ("given", "field", "start"),
    [
        ({"spec": {"suspend": True}}, "spec.suspend", "is true: do not enable this job"),
        ({"spec": {"timeZone": None}}, "spec.timeZone", "is not set, so the zone is that of the controller"),
        ({"job": {"backoffLimit": None}}, "spec.jobTemplate.spec.backoffLimit", "is not set, so Kubernetes repeats"),
        ({"job": {"parallelism": 3}}, "spec.jobTemplate.spec.parallelism", "is left out: a tick starts one run"),
        ({"pod": {"serviceAccountName": "a"}}, f"{POD}.serviceAccountName", "is left out; the task role"),
        ({"pod": {"initContainers": [{"name": "a"}]}}, f"{POD}.initContainers", "is left out; add containers"),
        ({"pod": {"newKey": 1}}, f"{POD}.newKey", "is left out: a job has nothing like it"),
        ({"container": {"command": ["a"]}}, f"{MAIN}.command", "replaces the image's entry point"),
        ({"container": {"args": None}}, f"{MAIN}.command", "is that of the image, which is not known here"),
        ({"container": {"workingDir": "/a"}}, f"{MAIN}.workingDir", "is left out; set workingDirectory"),
        (
            {"container": {"resources": {"limits": {"cpu": "64"}}}},
            f"{MAIN}.resources",
            "is left out: no size of Fargate",
        ),
        (
            {"container": {"resources": {"limits": {"nvidia.com/gpu": 1}}}},
            f"{MAIN}.resources",
            "nvidia.com/gpu is left out; set it in the task definition",
        ),
        (
            {"container": {"env": [{"name": "A", "value": "$(B)"}]}},
            f"{MAIN}.env[0]",
            "A has $(NAME), which Kubernetes replaces and ECS does not, so it is left out",
        ),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_has_no_counterpart_is_listed(given: dict[str, Any], field: str, start: str) -> None:
    """Nothing is lost unseen, also a key that nobody here knows."""
    assert fields(cron_job(**given))[field].startswith(start)


def test_a_small_job_leaves_only_its_image() -> None:
    """What carries over is not listed."""
    assert fields(cron_job()) == {}


def test_sidecars_are_listed() -> None:
    """The first container is the job's."""
    containers = [{"name": "main", "image": "a", "args": ["a"]}, {"name": "proxy", "image": "b"}]
    assert list(fields(cron_job(pod={"containers": containers}))) == [f"{POD}.containers[1]"]


def test_what_check_would_refuse_is_left_out_with_its_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Retries with `overlap: replace` need a timeout here, and not in Kubernetes."""
    contents = cron_job(spec={"concurrencyPolicy": "Replace"}, job={"backoffLimit": 2})
    made = write(tmp_path, contents)
    assert checked(tmp_path, capsys)["problems"] == []
    [job] = made.jobs
    assert (job.job.overlap, job.job.retries) != ("replace", 2)
    assert any(left.todo.startswith("is left out: ") for left in job.leftovers)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("@every 90m", {"": {"rate": "90 minutes", "enabled": False}}),
        ("@every 30s", {}),
        ("TZ=Asia/Tokyo 0 1 * * *", {"": {"cron": "0 1 * * ? *", "timezone": "Asia/Tokyo", "enabled": False}}),
        ("*/30 * * * * *", {}),
    ],
    ids=["every", "seconds", "zone", "six fields"],
)
def test_other_forms_of_a_schedule(schedule: str, expected: dict[str, Any]) -> None:
    """What is below a minute cannot be, and is listed."""
    contents = cron_job(schedule, spec={"timeZone": None})
    assert one(contents).schedules == expected
    assert any("schedule" in left.field for left in one(contents).leftovers) or expected


def test_a_time_that_comes_twice_is_told() -> None:
    """Kubernetes runs at both, and skips what the clocks skip, as Scheduler does."""
    contents = cron_job("30 2 * * *", spec={"timeZone": "Europe/Berlin"})
    told = "runs once at 2027-10-31 02:30 Europe/Berlin, which comes twice; Kubernetes runs it both times"
    assert fields(contents) == {"spec.schedule": told}


def test_a_template_must_be_rendered_first() -> None:
    """The error has the line, and says how."""
    with pytest.raises(SourceError, match=r"^jobs.yaml:4: this is not YAML: .*; render the templates first"):
        read("metadata:\n  name: a\n  labels: {{ include labels . }}\n{{- end }}")


@settings(deadline=None, max_examples=40)
@given(days.filter(lambda drawn: "7" not in drawn.split()[2]), st.sampled_from(["UTC", "Asia/Kolkata"]))
def test_every_tick_of_a_year_is_the_same(drawn: str, zone: str) -> None:
    """Another implementation has the ticks, of the fields without stars: to Kubernetes `*/2` is a list like another."""
    found = one(cron_job(f"0 6,18 {drawn}", spec={"timeZone": zone}))
    tables = [cadence.Timetable(cadence.parse(f"cron({s['cron']})"), timezone=zone) for s in found.schedules.values()]
    ticks = {tick for table in tables for tick in table.between(NOW + timedelta(minutes=1), YEAR)}
    day, month, weekday = drawn.split()
    line = f"0 6,18 {without_stars(day, 1, 31)} {month} {without_stars(weekday, 0, 6)}"
    try:
        expected = list(takewhile(lambda tick: tick <= YEAR, CronSim(line, NOW.astimezone(cadence.zone(zone)))))
    except CronSimError:
        reject()
    if found.schedules:
        assert sorted(ticks) == expected
    else:
        assert todos(cron_job(f"0 6,18 {drawn}"))
