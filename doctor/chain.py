"""The topics of the chain, in order, and the examination of all of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from doctor.checks import (
    alarms,
    callback,
    cluster,
    endpoints,
    failures,
    functions,
    holds,
    image,
    invoked,
    keys,
    ledger,
    network,
    queues,
    roles,
    rules,
    runs,
    schedule,
    secrets,
    service,
    subscriptions,
    task_definition,
    topics,
    work,
)
from doctor.finding import Link
from doctor.reading import alarms as read_alarms
from doctor.reading import callback as read_callback
from doctor.reading import cluster as read_cluster
from doctor.reading import endpoints as read_endpoints
from doctor.reading import failures as read_failures
from doctor.reading import functions as read_functions
from doctor.reading import holds as read_holds
from doctor.reading import image as read_image
from doctor.reading import invoked as read_invoked
from doctor.reading import keys as read_keys
from doctor.reading import ledger as read_ledger
from doctor.reading import network as read_network
from doctor.reading import queues as read_queues
from doctor.reading import roles as read_roles
from doctor.reading import rules as read_rules
from doctor.reading import runs as read_runs
from doctor.reading import schedule as read_schedule
from doctor.reading import secrets as read_secrets
from doctor.reading import service as read_service
from doctor.reading import subscriptions as read_subscriptions
from doctor.reading import task_definition as read_task_definition
from doctor.reading import topics as read_topics
from doctor.reading import work as read_work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doctor.account import Account
    from doctor.finding import Finding
    from doctor.stack import Stack

_TOPICS: list[tuple[Callable[[Account, Stack], Any], Callable[[Any], Iterator[Finding]]]] = [
    (read_schedule.read, schedule.check),
    (read_cluster.read, cluster.check),
    (read_task_definition.read, task_definition.check),
    (read_service.read, service.check),
    (read_image.read, image.check),
    (read_invoked.read, invoked.check),
    (read_callback.read, callback.check),
    (read_work.read, work.check),
    (read_roles.read, roles.check),
    (read_network.read, network.check),
    (read_secrets.read, secrets.check),
    (read_runs.read, runs.check),
    (read_topics.read, topics.check),
    (read_subscriptions.read, subscriptions.check),
    (read_endpoints.read, endpoints.check),
    (read_queues.read, queues.check),
    (read_alarms.read, alarms.check),
    (read_keys.read, keys.check),
    (read_functions.read, functions.check),
    (read_rules.read, rules.check),
    (read_failures.read, failures.check),
    (read_ledger.read, ledger.check),
    (read_holds.read, holds.check),
]
"""What reads the answers of a topic, and what checks them."""
_ORDER = list(Link)


def examine(account: Account, known: Stack) -> list[Finding]:
    """Return what is found of each topic, in the order of the links. The topics are read at the same time."""
    with ThreadPoolExecutor(len(_TOPICS)) as pool:
        answers = list(pool.map(lambda topic: topic[0](account, known), _TOPICS))
    found = [finding for (_, check), answer in zip(_TOPICS, answers, strict=True) for finding in check(answer)]
    return sorted(found, key=lambda finding: _ORDER.index(finding.link))
