"""Questions to the account of the operator's credentials. Each is asked once and remembered."""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from aws_facts import denials
from aws_facts.arn import Arn
from judgements.answers import CapacityProvider, Refused
from watch import watched_account

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from watch.due import Deployed

K = TypeVar("K")
T = TypeVar("T")
U = TypeVar("U")

_NOT_FOUND = "ResourceNotFoundException"
NO_QUEUE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
"""What SQS answers of a queue that does not exist."""
_AT_ONCE = 16
"""Questions that one group asks at the same time. botocore has ten connections for each client, and queues the rest."""


@dataclass(frozen=True)
class Known(Generic[T]):
    """An answer. Its value is None for a thing that does not exist, where the question says so."""

    value: T


class Account:
    """The account in the stack's region. Several threads may ask at the same time."""

    def __init__(self, client: Callable[[str, str], Any]) -> None:
        """Store what returns boto3's client of a service in a region; the region "" is the stack's."""
        self._new_client = client
        self._clients: dict[tuple[str, str], Any] = {}
        self._answers: dict[str, Future[Known[Any] | Refused]] = {}
        self._lock = threading.Lock()

    def ask(
        self, service: str, operation: str, *, absent: Collection[str] = (), region: str = "", **params: object
    ) -> Known[Any] | Refused:
        """Return the answer of an operation such as `describe_clusters`, with all pages of a listing in one answer.

        An error with a code in `absent` is the answer None: the thing does not exist. An equal question shares the
        answer.
        """
        return self._remembered(
            json.dumps([service, operation, region, params], sort_keys=True, default=str),
            lambda: self._asked(service, operation, absent, region, params),
        )

    def attempt(self, question: Callable[[], T]) -> Known[T] | Refused:
        """Return the answer of a function that calls boto3 itself, or why AWS refused. It is not remembered."""
        try:
            return Known(question())
        except ClientError as error:
            return refusal(error)
        except BotoCoreError as error:
            return Refused(" ".join(str(error).split()))

    def client(self, service: str, region: str = "") -> Any:  # noqa: ANN401 - one of boto3's clients
        """Return boto3's client of a service; the region "" is the stack's."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._new_client(service, region)
            return self._clients[service, region]

    def each(self, names: Iterable[K], question: Callable[[K], U]) -> dict[K, U]:
        """Return the answers to a question about each name. All are asked at the same time."""
        asked = list(dict.fromkeys(names))
        if not asked:
            return {}
        with ThreadPoolExecutor(min(_AT_ONCE, len(asked))) as pool:
            return dict(zip(asked, pool.map(question, asked), strict=True))

    def schedules(self, group: str) -> Known[Mapping[str, Deployed] | None] | Refused:
        """Return the group's schedules as ListSchedules has them, by name; None when the group does not exist."""
        answer = self.ask("scheduler", "list_schedules", absent=(_NOT_FOUND,), GroupName=group)
        if isinstance(answer, Refused) or answer.value is None:
            return answer
        return Known(watched_account.deployed(answer.value["Schedules"]))

    def schedule(self, group: str, name: str) -> Known[Mapping[str, Any] | None] | Refused:
        """Return a schedule as GetSchedule describes it."""
        return self.ask("scheduler", "get_schedule", absent=(_NOT_FOUND,), GroupName=group, Name=name)

    def cluster(self, arn: str) -> Known[Mapping[str, Any] | None] | Refused:
        """Return a cluster."""
        return first(self.ask("ecs", "describe_clusters", clusters=[arn]), "clusters")

    def capacity_providers(
        self, cluster: str, names: Collection[str]
    ) -> Known[Mapping[str, CapacityProvider]] | Refused:
        """Return these capacity providers of a cluster, by name. Those of Managed Instances serve it alone."""
        short = cluster.rpartition("/")[2]
        answer = self.ask("ecs", "describe_capacity_providers", cluster=short, capacityProviders=sorted(names))
        if isinstance(answer, Refused):
            return answer
        return Known({one["name"]: CapacityProvider.described(one) for one in answer.value["capacityProviders"]})

    def task_definition(self, name: str) -> Known[Mapping[str, Any] | None] | Refused:
        """Return a revision of a task definition, or the newest active one of a family."""
        answer = self.ask("ecs", "describe_task_definition", absent=("ClientException",), taskDefinition=name)
        return part(answer, "taskDefinition")

    def service(self, cluster: str, name: str) -> Known[Mapping[str, Any] | None] | Refused:
        """Return an ECS service."""
        absent = ("ClusterNotFoundException",)
        return first(self.ask("ecs", "describe_services", absent=absent, cluster=cluster, services=[name]), "services")

    def queue_url(self, arn: str) -> Known[Any] | Refused:
        """Return GetQueueUrl's answer about a queue; None when it does not exist."""
        try:
            where = Arn.parse(arn)
        except ValueError as error:
            return Refused(str(error))
        return self.ask(
            "sqs",
            "get_queue_url",
            absent=NO_QUEUE,
            region=where.region,
            QueueName=where.resource,
            QueueOwnerAWSAccountId=where.account,
        )

    def _remembered(self, key: str, question: Callable[[], Known[Any] | Refused]) -> Known[Any] | Refused:
        with self._lock:
            future, is_first = self._answers.get(key), key not in self._answers
            if future is None:
                future = self._answers[key] = Future()
        if is_first:
            try:
                future.set_result(question())
            except BaseException as error:
                future.set_exception(error)
                raise
        return future.result()

    def _asked(
        self, service: str, operation: str, absent: Collection[str], region: str, params: Mapping[str, Any]
    ) -> Known[Any] | Refused:
        client = self.client(service, region)

        def call() -> Any:  # noqa: ANN401 - the answer of any operation
            try:
                if client.can_paginate(operation):
                    return client.get_paginator(operation).paginate(**params).build_full_result()
                return getattr(client, operation)(**params)
            except ClientError as error:
                if error.response["Error"].get("Code") in absent:
                    return None
                raise

        return self.attempt(call)


def refusal(error: ClientError) -> Refused:
    """Return the reason of an error that AWS answered, with the permission that is missing if that is the reason."""
    code, message = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
    text = f"{error.operation_name}: {' '.join(message.split()) or 'refused'} ({code})"
    if not denials.is_denied(code):
        return Refused(text)
    denial = denials.read(message)
    return Refused(text, denial.action if denial else error.operation_name)


def part(answer: Known[Any] | Refused, name: str) -> Known[Any] | Refused:
    """Return a member of an answer; None when the thing does not exist."""
    return Known(answer.value[name]) if isinstance(answer, Known) and answer.value is not None else answer


def first(answer: Known[Any] | Refused, name: str) -> Known[Any] | Refused:
    """Return the only thing of a list; None when AWS does not find it."""
    if isinstance(answer, Refused) or answer.value is None:
        return answer
    return Known(next(iter(answer.value[name]), None))
