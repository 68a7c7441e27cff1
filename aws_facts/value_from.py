"""Where ECS takes a secret from: the `valueFrom` of a container's secret, or of a private registry. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from aws_facts.arn import Arn

SECRETS_MANAGER, PARAMETER_STORE = "secretsmanager", "ssm"
_PARTS_OF_A_SECRET = 2
"""Of a secret's ARN, after `arn:aws:secretsmanager:<region>:<account>:`."""


@dataclass(frozen=True)
class ValueFrom:
    """A secret in Secrets Manager, or a parameter."""

    service: str
    """The service's prefix: `secretsmanager` or `ssm`."""
    region: str
    name: str
    """The secret's ARN, or the parameter's name."""
    json_key: str = ""
    """The key whose value is taken out of the secret's JSON."""
    is_foreign: bool = False
    """Whether it is in another account than the task."""
    by_arn: bool = False
    """Whether it is given by its ARN."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it may have: an ARN does not show whether the name of a parameter begins with a slash."""
        doubtful = self.service == PARAMETER_STORE and self.by_arn and "/" not in self.name
        return (self.name, f"/{self.name}") if doubtful else (self.name,)


def parse(text: str, task: Arn) -> ValueFrom | None:
    """Return what a `valueFrom` names; None for an ARN of neither service. `task` is any ARN of the task's place.

    A secret is given by its ARN, followed by `:<json key>:<version stage>:<version id>` or by nothing, and a parameter
    by its ARN, or by its name if it is in the task's region (ECS API reference, Secret).
    """
    if not text.startswith("arn:"):
        return ValueFrom(PARAMETER_STORE, task.region, text)
    try:
        arn = Arn.parse(text)
    except ValueError:
        return None
    foreign = arn.account != task.account
    if arn.service == SECRETS_MANAGER:
        parts = arn.resource.split(":")
        secret = arn.sibling(SECRETS_MANAGER, ":".join(parts[:_PARTS_OF_A_SECRET]))
        key = parts[_PARTS_OF_A_SECRET] if len(parts) > _PARTS_OF_A_SECRET else ""
        return ValueFrom(SECRETS_MANAGER, arn.region, secret, key, foreign, by_arn=True)
    if arn.service == PARAMETER_STORE:
        name = arn.resource.removeprefix("parameter")  # with the slash, which a name without a path lacks
        name = name if name.count("/") > 1 else name[1:]
        return ValueFrom(PARAMETER_STORE, arn.region, name, is_foreign=foreign, by_arn=True)
    return None
