"""Judges what config names beside placements: the permissions boundary, a key, queues, functions and a topic. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_facts.arn import Arn
from judgements.answers import Refused
from placements.report import not_checked
from settings import NAMESPACE, key_path
from settings.endpoints import Route, address_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgements.answers import Answer
    from settings import Problems, Settings

_OF_AWS = "aws"
"""The account part of the ARNs of AWS's own policies."""
_SAME_REGION = {
    "kms": "topics, queues, tables and log groups are encrypted with keys of their region",
    "lambda": "the stack lets the topic invoke it, and Lambda reaches no functions of other regions",
    "sns": "the watch publishes there",
}


_KEY_POLICY = (
    "the key's policy, which this program does not change, must have the statements that "
    "`python -m ops key-policy STACK` prints"
)


@dataclass(frozen=True)
class Here:
    """Where the stack is deployed."""

    partition: str
    region: str
    account: str

    def refuses(self, arn: str) -> str | None:
        """Return why the stack cannot use what has this ARN, for its account or its region; None if it can."""
        own = Arn.parse(arn)
        if (own.region, own.account) == (self.region, self.account):
            return None
        return f"must be in the stack's account and region, {self.account} and {self.region}"

    def cluster_arn(self, name: str) -> str:
        """Return the ARN of the cluster that has, or will have, this name."""
        return f"arn:{self.partition}:ecs:{self.region}:{self.account}:cluster/{name}"


@dataclass(frozen=True)
class Named:
    """Something that config names by its ARN."""

    where: str
    """The key path of the ARN."""
    arn: str

    @property
    def parts(self) -> Arn:
        """The parts of the ARN."""
        return Arn.parse(self.arn)


def named(config: Settings) -> Iterator[Named]:
    """Yield everything that config names beside placements."""
    if config.iam.permissions_boundary:
        yield Named(key_path(f"{NAMESPACE}:iam", "permissionsBoundary"), config.iam.permissions_boundary)
    if config.encryption.kms_key:
        yield Named(key_path(f"{NAMESPACE}:encryption", "kmsKey"), config.encryption.kms_key)
    alerts = f"{NAMESPACE}:alerts"
    for kind, endpoints in (("sqs", config.alerts.sqs), ("lambda", config.alerts.lambda_)):
        for index, endpoint in enumerate(endpoints):
            path = (kind, index, "to") if isinstance(endpoint, Route) else (kind, index)
            yield Named(key_path(alerts, *path), address_of(endpoint))
    if config.alerts.topic:
        yield Named(key_path(alerts, "topic"), config.alerts.topic)


def cannot_be(one: Named, here: Here) -> str | None:
    """Return why a stack at this place cannot use the thing, whether it exists or not; None when it can.

    SNS delivers to queues of other regions and accounts, but of no other partition (SNS Developer Guide, cross-region
    delivery). A boundary is a policy of the role's account or of AWS.
    """
    parts = one.parts
    if parts.partition != here.partition:
        return f"is in the partition {parts.partition}; must be in {here.partition}, as this stack is"
    if parts.service in _SAME_REGION and parts.region != here.region:
        return f"is in {parts.region}; must be in {here.region}, as this stack is: {_SAME_REGION[parts.service]}"
    if parts.service == "iam" and parts.account not in (here.account, _OF_AWS):
        return f"is in the account {parts.account}; must be in {here.account}, as the roles are, or be AWS's own"
    return None


def is_elsewhere(one: Named, here: Here) -> bool:
    """Return whether the thing is in another account, which this stack's credentials cannot ask."""
    return one.parts.account not in (here.account, _OF_AWS)


def judge(things: Mapping[Named, Answer[str]], here: Answer[Here] | None, problems: Problems) -> None:
    """Report what does not exist or cannot be used, and warn of what is not checked.

    `things` maps each thing to its ARN as the account has it. `here` is the place of the stack, if it is known.
    """
    for one, answer in things.items():
        if isinstance(here, Here) and (problem := cannot_be(one, here)):
            problems.add_value(one.where, one.arn, problem)
        elif isinstance(here, Here) and is_elsewhere(one, here):
            problems.warn(
                one.where,
                one.arn,
                f"existence not checked: it is in the account {one.parts.account}, which must let this stack use it",
            )
        elif isinstance(answer, Refused) and answer.permission:
            problems.warn(one.where, one.arn, not_checked("existence", answer))
        elif isinstance(answer, Refused):
            problems.add_value(one.where, one.arn, str(answer))
        elif answer != one.arn:
            problems.add_value(one.where, one.arn, f"no such ARN; the one of that name is {answer}")
        if one.parts.service == "kms":
            problems.note(one.where, _KEY_POLICY)
