"""People who type the commands of an operator, with the credentials of roles that have documented policies."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sandbox.session import CHECKOUT
from tests import permissions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.engine.alerting import Alerting
    from tests.engine.conftest import Sandbox

ACCOUNT = "123456789012"
KEYS = {
    command: set(re.findall(r"`(\w+)`", keys.partition(";")[0]))
    for command, keys in re.findall(
        r"^\| `([\w -]+)` \| (`.*) \|$", (CHECKOUT / "docs" / "operations.md").read_text("utf-8"), re.MULTILINE
    )
}
"""The keys of each command's JSON, as the page on operations has them."""


@dataclass(frozen=True)
class Operators:
    """People who type commands about a stack."""

    alerting: Alerting

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox."""
        return self.alerting.sandbox

    def begin(self, *words: str, who: str = "on-call") -> subprocess.Popen[str]:
        """Start a command of an operator with the credentials of a role."""
        return self.start(sys.executable, "-m", "ops", *words, who=who)

    def start(
        self, *words: str, who: str = "on-call", more: Mapping[str, str] = MappingProxyType({})
    ) -> subprocess.Popen[str]:
        """Start a program with the credentials of a role, and with more variables."""
        keys = self.sandbox.account.client("sts").assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{who}", RoleSessionName="ada"
        )["Credentials"]
        return subprocess.Popen(
            words,
            cwd=self.alerting.program.source,
            env={
                **self.alerting.program.stack.environment(),
                "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
                "AWS_SESSION_TOKEN": keys["SessionToken"],
                **more,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def type(self, command: str, *words: str, who: str = "on-call", code: int = 0) -> tuple[str, str]:
        """Type a command about the stack, which ends with this code; return standard output and standard error."""
        return ended(self.begin(command, "--stack", self.alerting.program.stack.name, *words, who=who), code)

    def told(self, command: str, *words: str, who: str = "on-call", code: int = 0) -> Any:  # noqa: ANN401 - JSON
        """Type a command with --json, and return the values, which have the documented keys."""
        out, _ = self.type(command, *words, "--json", who=who, code=code)
        found = json.loads(out)
        form = [command, *(flag for flag in ("--dry-run", "--failed") if flag in words)]
        assert found.keys() == KEYS[" ".join(form)]
        return found

    def see(self, commands: Mapping[tuple[str, ...], str]) -> list[str]:
        """Type commands at the same time as who looks, and return all that each printed.

        Each prints a text that fits the pattern, and no warning.
        """
        stack = self.alerting.program.stack.name
        typed = [self.begin(words[0], "--stack", stack, *words[1:], who="looks") for words in commands]
        printed = [ended(process, 0) for process in typed]
        for (out, err), expected in zip(printed, commands.values(), strict=True):
            assert re.search(expected, out), out
            assert "warning" not in err
        return [out + err for out, err in printed]

    def outcomes(self, job: str) -> list[tuple[str, list[str]]]:
        """Return the outcomes of a job's ticks and those of their runs, the newest first."""
        ticks = self.told("history", job, who="looks")["ticks"]
        return [(tick["outcome"], [run["outcome"] for run in tick["runs"]]) for tick in ticks]


def ended(process: subprocess.Popen[str], code: int) -> tuple[str, str]:
    """Wait for a command, which ends with this code; return standard output and standard error."""
    with process:
        out, err = process.communicate(timeout=100)
    assert process.returncode == code, out + err
    return out, err


@contextmanager
def people(sandbox: Sandbox, roles: Mapping[str, Sequence[str]], place: Mapping[str, str]) -> Iterator[None]:
    """Make roles of people with these policies of docs/permissions.md, whose placeholders stand for `place`."""
    iam = sandbox.account.client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    for role, titles in roles.items():
        iam.create_role(
            RoleName=role, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": trust})
        )
        for title in titles:
            document = json.dumps(permissions.policy(title, **place))
            iam.put_role_policy(RoleName=role, PolicyName=title.replace(" ", ""), PolicyDocument=document)
    yield
    for role, titles in roles.items():
        for title in titles:
            iam.delete_role_policy(RoleName=role, PolicyName=title.replace(" ", ""))
        iam.delete_role(RoleName=role)


def of_group(stack: str) -> dict[str, str]:
    """Return what the placeholders of a stack's own resources stand for."""
    group = f"scheduled-jobs-{stack}"
    return {
        "stack": stack,
        "group": group,
        "watch": f"{group}-watch",
        "supervisor": f"{group}-supervisor",
        "runs": f"{group}-runs",
        "alarms": f"{group}-alarms",
        "cluster": "sandbox",
    }
