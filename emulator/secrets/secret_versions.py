"""The versions of secrets by their staging labels, where moto differs from Secrets Manager.

moto forgets which version is current when a label is moved, and does not say which label no version has. The messages
are those that people have published.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend, secretsmanager_backends

from emulator.gateway.gateway import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.gateway.gateway import Call, Gateway

_CURRENT = "AWSCURRENT"


def install(gateway: Gateway) -> None:
    """Refuse to read a deleted secret, or by a label that no version has, in the words of Secrets Manager."""
    gateway.check("secretsmanager", "GetSecretValue", _check)


@contextmanager
def moved() -> Iterator[None]:
    """Make the version current to which AWSCURRENT is moved."""
    moto: Any = SecretsManagerBackend
    original = moto.update_secret_version_stage

    def update(backend: SecretsManagerBackend, secret_id: str, **labels: str) -> tuple[str, str]:
        answer: tuple[str, str] = original(backend, secret_id, **labels)
        secret = backend.secrets[secret_id]
        if isinstance(secret, FakeSecret):
            secret.default_version_id = next(iter(_labelled(secret.versions, _CURRENT)), None)
        return answer

    moto.update_secret_version_stage = update
    try:
        yield
    finally:
        moto.update_secret_version_stage = original


def _check(call: Call) -> None:
    label = call.params.get("VersionStage")
    secret = secretsmanager_backends[call.account][call.region].secrets.get(call.params["SecretId"])
    if secret is None:
        return  # moto refuses it
    if secret.is_deleted():
        raise AwsError(
            "InvalidRequestException",
            "You can't perform this operation on the secret because it was marked for deletion.",
        )
    if label and not call.params.get("VersionId") and not _labelled(secret.versions, label):
        raise AwsError(
            "ResourceNotFoundException",
            f"Secrets Manager can't find the specified secret value for staging label: {label}",
        )


def _labelled(versions: Mapping[str, Mapping[str, Any]], label: str) -> list[str]:
    """Return the ids of the versions that have a label."""
    return [version for version, found in versions.items() if label in found["version_stages"]]
