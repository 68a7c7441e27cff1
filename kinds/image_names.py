"""What a job with an image of its own names beside its images: an existing role, secrets, and their keys."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_facts import value_from
from aws_facts.arn import Arn
from judgements.answers import Refused
from placements.report import not_checked
from plan import own_images
from plan.job_files import file_of
from settings import key_path
from settings.problems import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgements.answers import Answer
    from placements.lookups import Lookups
    from plan import PlannedJob
    from settings import Image, Problems


@dataclass(frozen=True)
class Named:
    """Something that a job names, and that must exist before its tasks can start."""

    where: str
    """The key path of the value."""
    written: str
    """The value as it is written, such as the ARN of a secret with a JSON key."""
    arn: str
    """The ARN of the thing."""

    @property
    def parts(self) -> Arn:
        """The parts of the ARN."""
        return Arn.parse(self.arn)


def named(planned: PlannedJob, image: Image) -> list[Named]:
    """Return what can be looked up.

    Parameters of Parameter Store are not among it: the provider has no function that finds one and leaves its value.
    """
    file = f"{file_of(planned.job.name)}.image"
    role = [Named(f"{file}.task_role", image.task_role, image.task_role)] if image.task_role else []
    keys = [Named(key_path(file, "secret_keys", index), arn, arn) for index, arn in enumerate(image.secret_keys)]
    places = [
        (own_images.place_of_secret(planned.job, name, source, planned.where), source)
        for name, source in image.secrets.items()
    ]
    places += [
        (key_path(file, "sidecars", index, "secrets", name), source)
        for index, sidecar in enumerate(image.sidecars)
        for name, source in sidecar.secrets.items()
    ]
    return [*role, *_secrets(places), *keys]


async def ask(account: Lookups, things: Sequence[Named]) -> dict[Named, Answer[str]]:
    """Return the ARN of each thing as the account has it. All are asked for at the same time."""
    answers = await asyncio.gather(*[_ask_for(account, one) for one in things])
    return dict(zip(things, answers, strict=True))


def judge(things: Mapping[Named, Answer[str]], cluster_arn: str, problems: Problems) -> None:
    """Report what does not exist, and warn of what is not checked: once for each permission that is missing."""
    here = Arn.parse(cluster_arn).account
    unchecked: dict[str, dict[str, Named]] = defaultdict(dict)
    for one, answer in things.items():
        account = one.parts.account
        if one.parts.service == "iam" and account != here:
            problems.add_value(
                one.where, one.written, f"is in the account {account}; must be in {here}, as the cluster is"
            )
        elif isinstance(answer, Refused) and account != here:
            why = f"existence not checked: it is in the account {account}, which must let ECS read it"
            problems.warn(one.where, one.written, why)
        elif isinstance(answer, Refused) and answer.permission:
            unchecked[answer.permission].setdefault(one.arn, one)
        elif isinstance(answer, Refused):
            problems.add_value(one.where, one.written, str(answer))
        elif answer != one.arn:
            problems.add_value(one.where, one.written, f"no such ARN; the one of that name is {answer}")
    for permission, refused in unchecked.items():
        first, *others = refused.values()
        also = f", also for {listed(one.where for one in others)}" if others else ""
        problems.warn(first.where, first.written, f"{not_checked('existence', Refused('', permission))}{also}")


async def _ask_for(account: Lookups, one: Named) -> Answer[str]:
    match one.parts.service:
        case "iam":
            return await account.role(one.arn)
        case "kms":
            return await account.decrypting_key(one.arn)
        case _:
            return await account.secret(one.arn)


def _secrets(places: Sequence[tuple[str, str]]) -> Iterator[Named]:
    """Yield those in Secrets Manager."""
    for where, source in places:
        if source.startswith("arn:"):
            found = value_from.parse(source, Arn.parse(source))
            if found is not None and found.service == value_from.SECRETS_MANAGER:
                yield Named(where, source, found.name)
