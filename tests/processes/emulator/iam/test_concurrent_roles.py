"""IAM answers although roles are created and deleted while it goes through them, as the engine does with many jobs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from moto.iam.models import iam_backends

from tests.processes.emulator.world import ACCOUNT, WATCH_ROLE, client, document

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.processes.emulator.world import World

TRUST = document({"Effect": "Allow", "Principal": {"AWS": WATCH_ROLE}, "Action": "sts:AssumeRole"})


class Neighbour(SimpleNamespace):
    """A role beside which another one is created whenever somebody looks at it."""

    def __getattribute__(self, name: str) -> Any:  # noqa: ANN401 - any attribute
        if name in {"arn", "assume_role_policy_document", "permissions_boundary_arn"}:
            roles: dict[str, Any] = iam_backends[ACCOUNT]["aws"].roles
            roles[f"another-{len(roles)}"] = SimpleNamespace(**vars(self))
        return super().__getattribute__(name)


@pytest.mark.parametrize(
    "call",
    [
        lambda: client("iam").create_role(RoleName="new", AssumeRolePolicyDocument=TRUST),
        lambda: client("iam").list_policies(Scope="Local"),
        lambda: client("iam").delete_role(RoleName="idle"),
    ],
    ids=["trust policy", "boundaries", "deletion"],
)
def test_role_that_is_created_meanwhile(world: World, call: Callable[[], object]) -> None:
    """A check reads the roles that exist at its beginning."""
    del world
    client("iam").create_role(RoleName="idle", AssumeRolePolicyDocument=TRUST)
    known = {"name": "x", "arn": "arn:aws:iam::123456789012:role/x", "permissions_boundary_arn": None}
    kept = {"assume_role_policy_document": "{}", "policies": {}, "managed_policies": {}}
    iam_backends[ACCOUNT]["aws"].roles["neighbour"] = Neighbour(**known, **kept)  # type: ignore[assignment]
    assert call()


def test_roles_that_are_created_at_once(world: World) -> None:
    """Each of many roles is created."""
    del world
    with ThreadPoolExecutor(8) as pool:
        names = [f"role-{number}" for number in range(40)]
        made = list(
            pool.map(lambda name: client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST), names)
        )
    assert [one["Role"]["RoleName"] for one in made] == names
