"""The kind of a job that is a request to a receiver: a function of the stack sends it, and takes the callback."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from aws_facts.arn import Arn
from aws_facts.function_code import LONGEST_HANDLER
from aws_facts.functions import WITHOUT_URLS
from components import FunctionAlias, FunctionAliasArgs, FunctionPlace, HandlerFunction, HandlerFunctionArgs
from components import caller_archive as code
from components.function_alias import MARGIN
from components.function_policy import read_secret
from judgements.answers import Refused
from kinds.function import event_age, timeout_of
from placements import parts
from placements.references import Here
from placements.report import not_checked
from plan.job_files import file_of
from settings import NAMESPACE, key_path
from watch import durations
from watch.names import function_name, handler_name

if TYPE_CHECKING:
    from components import JobGroup
    from judgements.answers import Answer, Secret
    from placements import Placement
    from placements.lookups import Lookups
    from plan import PlannedJob
    from settings import Http, Problems, Receiver

USUAL_TIMEOUT = 60
"""Seconds that a request without a `timeout` may take."""
OWN_TIME = 30
"""Seconds that the function has beside the request, to read the secret and to tell what came of the request."""
LONGEST_REQUEST = LONGEST_HANDLER - OWN_TIME
_LIMIT = f"{LONGEST_REQUEST}: Lambda's own limit of {LONGEST_HANDLER} seconds, less {OWN_TIME} for the function itself"
_NOT_ASKED = Refused("it was not looked up")


@dataclass
class ByRequest:
    """A job that is a request to a receiver."""

    needs: ClassVar[frozenset[str]] = frozenset({parts.NETWORK})

    planned: PlannedJob
    http: Http
    group: str
    """The schedule group's name."""
    _here: Answer[Here] = field(default_factory=lambda: _NOT_ASKED, init=False)
    _secret: Answer[Secret] = field(default_factory=lambda: _NOT_ASKED, init=False)
    _key: Answer[str] = field(default="", init=False)
    """The ARN of the secret's key; empty for a key of AWS."""
    _reads: tuple[str, str | None] = field(default=("", None), init=False)
    """The ARNs of the secret, and of its key if that is not one of AWS."""

    async def look_up(self, account: Lookups) -> None:
        """Ask whether the secret exists, and which key encrypts it. Its value is not read."""
        receiver = self.planned.receiver
        if receiver is None:  # reported already
            return
        self._here = await account.here()
        if isinstance(self._here, Here) and _elsewhere(receiver.secret, self._here):
            return
        self._secret = await account.named_secret(receiver.secret)
        if not isinstance(self._secret, Refused) and self._secret.key:
            self._key = await account.key_of_secret(self._secret.key)

    def fit(self, placement: Placement | None, problems: Problems) -> FunctionPlace | None:
        """Return what is known of the function, which `declare` makes. Mistakes and notes go to `problems`."""
        receiver, name = self.planned.receiver, self.planned.job.name
        if receiver is None:
            return None
        where = key_path(f"{NAMESPACE}:receivers", self.http.receiver)
        reads = self._judge_secret(receiver, f"{where}.secret", problems)
        timeout = timeout_of(self.planned, USUAL_TIMEOUT, LONGEST_REQUEST, _LIMIT, problems)
        if self._callback_within:
            self._check_callback(f"{file_of(name)}.http.callback_within", problems)
        if placement is not None:
            self._check_network(placement, where, problems)
        if reads is None:
            return None
        self._reads = reads
        whole = event_age(self.planned) + timeout + OWN_TIME + (self._callback_within or 0) + MARGIN
        return FunctionPlace(
            alias_arn="",
            log_group=f"/aws/lambda/{handler_name(self.group, name)}",
            ends_within=whole,
            receiver=self.http.receiver,
            subnets=placement.subnets if placement else (),
            security_groups=placement.security_groups if placement else (),
        )

    def declare(self, group: JobGroup, place: FunctionPlace) -> FunctionPlace:
        """Declare the function with its role, its log, its alias and its address, and return the place with them."""
        name, age = self.planned.job.name, event_age(self.planned)
        timeout = place.ends_within - age - MARGIN - (self._callback_within or 0)
        made = HandlerFunction(
            name,
            HandlerFunctionArgs(
                group=group,
                owner=self.planned.job.owner,
                code=code.archive(),
                handler=code.ENTRY,
                timeout=timeout,
                environment=self._environment(timeout - OWN_TIME),
                statements=read_secret(*self._reads),
                subnets=place.subnets,
                security_groups=place.security_groups,
            ),
        )
        alias = FunctionAlias(
            name,
            FunctionAliasArgs(
                group=group,
                function_name=made.function.name,
                timeout=timeout,
                event_age=age,
                callback_within=self._callback_within,
                log_group=place.log_group,
            ),
        )
        return replace(alias.place, receiver=place.receiver)

    @property
    def _callback_within(self) -> int | None:
        """Seconds; None for a job whose receiver tells the end with its answer."""
        within = self.http.callback_within
        return None if within is None else durations.seconds(within)

    def _environment(self, timeout: int) -> dict[str, str]:
        """Return the variables of the function, as `caller.settings` reads them."""
        receiver, job = self.planned.receiver, self.planned.job.name
        assert receiver is not None  # noqa: S101 - `fit` has refused the job
        return {
            "RECEIVER_URL": receiver.url,
            "RECEIVER_JOBS": json.dumps(list(self.http.jobs or [job])),
            "RECEIVER_SECRET": self._reads[0],
            "RECEIVER_PROOF": receiver.proof,
            "RECEIVER_TIMEOUT": str(timeout),
            "SCHEDULED_JOBS_JOB": job,
            "SCHEDULED_JOBS_WATCH": function_name(self.group),
        }

    def _judge_secret(self, receiver: Receiver, where: str, problems: Problems) -> tuple[str, str | None] | None:
        """Return the ARNs of the secret and of its key; None when the secret cannot be used. Mistakes are told once."""
        written, found = receiver.secret, self._secret
        if isinstance(self._here, Here) and (elsewhere := _elsewhere(written, self._here)):
            problems.add_value(where, written, elsewhere)
        elif isinstance(found, Refused) and found.permission and written.startswith("arn:"):
            problems.warn(where, written, not_checked("existence and key", found))
            return written, None
        elif isinstance(found, Refused) and found.permission:
            problems.add_value(
                where,
                written,
                f"there is no such secret, or the permission {found.permission} is missing; write its ARN if it exists",
            )
        elif isinstance(found, Refused):
            problems.add_value(where, written, str(found))
        elif written.startswith("arn:") and found.arn != written:
            problems.add_value(where, written, f"no such ARN; the one of that name is {found.arn}")
        else:
            return found.arn, self._judge_key(found, written, where, problems)
        return None

    def _judge_key(self, secret: Secret, written: str, where: str, problems: Problems) -> str | None:
        """Return the ARN of the secret's key; None for a key of AWS."""
        key = self._key
        if not isinstance(key, Refused):
            return key or None
        if key.permission is None:
            problems.add_value(where, written, f"its key {secret.key}: {key}")
            return None
        if "alias/" in secret.key:
            problems.add_value(
                where,
                written,
                f"the permission {key.permission} is missing, so the ARN of its key {secret.key} is not known",
            )
            return None
        problems.warn(where, written, not_checked(f"its key {secret.key}", key))
        return (
            secret.key if secret.key.startswith("arn:") else Arn.parse(secret.arn).sibling("kms", f"key/{secret.key}")
        )

    def _check_callback(self, where: str, problems: Problems) -> None:
        """Note that an address is made that everybody reaches, and warn where Lambda is not known to make one."""
        problems.note(
            where, "makes a public address for callbacks, at which a function refuses what does not prove its sender"
        )
        if isinstance(self._here, Here) and self._here.region in WITHOUT_URLS:
            problems.warn(
                where,
                self.http.callback_within,
                f"functions had no URLs in {self._here.region} when this was written, and a callback needs one; if AWS "
                "has not added them, the deployment fails",
            )

    def _check_network(self, placement: Placement, where: str, problems: Problems) -> None:
        """Report a network without security groups, and note what a function there cannot reach by itself."""
        name = self.planned.placement
        if not placement.security_groups and placement.new_group_in is None:
            problems.add(
                key_path(f"{NAMESPACE}:placements", name, "securityGroups"),
                f"is missing: the requests to '{self.http.receiver}' come from here, and a function in a VPC names its "
                "security groups, such as egress-only",
            )
        problems.note(
            f"{where}.placement",
            f"requests come from a function in the subnets of '{name}', which gets no public address there; the "
            "subnets need a route to Secrets Manager: a NAT gateway, or an endpoint in the VPC",
        )
        if self._callback_within:
            problems.note(
                f"{file_of(self.planned.job.name)}.http.callback_within",
                f"in the subnets of '{name}' it needs a route to Lambda too: a NAT gateway, or an endpoint in the VPC",
            )


def _elsewhere(secret: str, here: Here) -> str | None:
    """Return why a stack at this place cannot use a secret that is given by its ARN; None if it can."""
    return here.refuses(secret) if secret.startswith("arn:") else None
