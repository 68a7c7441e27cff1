"""The complete embedded AWS: moto with AWS's checks, tasks that run, schedules that fire and events that arrive."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from moto.awslambda.models import lambda_backends
from moto.sqs.models import sqs_backends

from aws_facts.arn import Arn
from emulator import chosen_ids
from emulator.cloudwatch import metric_data, metric_feeds
from emulator.cloudwatch.alarms import Alarms
from emulator.cloudwatch.metrics import Metrics
from emulator.dynamodb import isolation, item_answers, partitions, transaction_sizes
from emulator.dynamodb.client_tokens import ClientTokens
from emulator.ec2 import blackholes, regions, security_groups
from emulator.ecr import images, layers
from emulator.ecs import capacity_providers, clusters, deployments, services, task_definitions
from emulator.ecs.tasks import Host, Tasks
from emulator.events.bus import Bus
from emulator.events.rule_schedules import RuleSchedules
from emulator.fault_injection import staged_calls, staged_messages, staged_runs
from emulator.fault_injection.faults import Faults, Naming
from emulator.fault_injection.staged_events import StagedEvents
from emulator.gateway import moto_lookups
from emulator.gateway.gateway import AwsError, Gateway
from emulator.iam import boundaries, role_sessions, roles, simulation, trust_checks
from emulator.kms import encryption
from emulator.lambda_ import (
    event_invoke_configs,
    function_checks,
    function_log,
    function_networks,
    function_policies,
    invoke,
    qualifiers,
)
from emulator.lambda_.async_invocations import AsyncInvocations
from emulator.lambda_.event_source_mappings import EventSourceMappings
from emulator.lambda_.function_urls import FunctionUrls
from emulator.lambda_.functions import Functions
from emulator.lambda_.url_requests import UrlRequests
from emulator.scheduler import schedule_checks
from emulator.secrets import secret_versions
from emulator.sns.late_reads import LateReads
from emulator.sns.topics import Topics
from emulator.sqs import in_flight, message_counts, receiving, redrive_policy
from emulator.ssm import parameters
from emulator.timekeeping.timeline import Agenda

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from emulator.iam.identities import Identities
    from emulator.timekeeping.timeline import Source


class EmbeddedAws:
    """The embedded AWS of one account. This class alone connects its parts."""

    def __init__(
        self, account: str, host: Host, environment: Mapping[str, str], identities: Identities, naming: Naming
    ) -> None:
        """Run tasks on `host`, and functions with `environment` and their own variables; `identities` may call AWS."""
        self.account = account
        self.gateway = Gateway()
        self.agenda = Agenda()
        self.faults = Faults()
        self.identities = identities
        self.functions = Functions(environment, self.identities, self.agenda)
        self.invocations = AsyncInvocations(
            self.functions, self.agenda, {"sns": Topics.publish_for_role, "sqs": self._send_for_role}
        )
        self.urls = FunctionUrls(account, environment.get("AWS_ENDPOINT_URL"))
        self.url_requests = UrlRequests(self.urls, self.functions)
        self.topics = Topics(partial(self.invocations.invoke, service="sns.amazonaws.com"))
        self.bus = Bus(
            account,
            {
                "lambda": partial(self.invocations.invoke, service="events.amazonaws.com"),
                "sns": self.topics.publish,
                "sqs": self._send_for_rule,
            },
        )
        self.metrics = Metrics()
        metric_feeds.measure_queues(self.metrics, account)
        self.bus.on_failure = partial(metric_feeds.count_failed_delivery, self.metrics)
        self.alarms = Alarms(account, self.metrics, self.topics.publish, self.bus.publish)
        self.functions.before_invoke = partial(staged_calls.fail_invocation, self.faults, naming)
        self.functions.concurrency.refuse = partial(staged_calls.throttle, self.faults)
        self.invocations.deliveries = partial(staged_calls.deliveries, self.faults)
        self.functions.on_invocation = partial(metric_feeds.count_invocation, self.metrics)
        self.mappings = EventSourceMappings(account, self.functions, self.invocations.failures.append)
        self.rule_schedules = RuleSchedules(account, self.bus)
        self.tasks = Tasks(
            staged_runs.StagedHost(host, self.faults, self.agenda, naming),
            StagedEvents(self.bus.publish, self.faults, self.agenda, naming).publish,
            partial(staged_calls.refuse_launch, self.faults, naming),
            partial(staged_runs.hold, self.faults, self.agenda, naming),
            role_of=self.identities.role_of,
            agenda=self.agenda,
        )

    @property
    def sources(self) -> list[Source]:
        """The parts that act as time passes; the schedules are not among them."""
        return [self.agenda, self.rule_schedules, self.mappings, self.alarms]

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Answer the calls in this process before moto does."""
        parts = (self.identities, self.tasks, self.bus, self.rule_schedules, self.topics, self.functions, self.alarms)
        for part in (*parts, self.urls, LateReads()):
            part.install(self.gateway)
        self.gateway.check_all(partial(staged_calls.fail_call, self.faults))
        for checks in (schedule_checks, chosen_ids, regions, function_checks, isolation, services):
            checks.install(self.gateway)
        for checks in (task_definitions, boundaries, roles, trust_checks, encryption, parameters, transaction_sizes):
            checks.install(self.gateway)
        for checks in (simulation, layers, capacity_providers, qualifiers, event_invoke_configs, function_policies):
            checks.install(self.gateway)
        for checks in (function_networks, in_flight, secret_versions):
            checks.install(self.gateway)
        for of_tasks in (clusters, security_groups):
            of_tasks.install(self.gateway, self.tasks.all)
        for of_callers in (role_sessions, receiving):
            of_callers.install(self.gateway, self.identities)
        metric_data.install(self.gateway, self.metrics)
        invoke.install(self.gateway, self.functions, self.invocations)
        with ExitStack() as stack:
            stack.enter_context(moto_lookups.remembered())
            stack.enter_context(self.gateway.installed())
            stack.enter_context(self.topics.delivering())
            stack.enter_context(function_log.configurable())
            stack.enter_context(function_networks.described())
            stack.enter_context(self.mappings.polling())
            stack.enter_context(self.functions.running())
            stack.enter_context(chosen_ids.honoured())
            stack.enter_context(blackholes.shown())
            stack.enter_context(isolation.drafting())
            stack.enter_context(ClientTokens().honoured())
            stack.enter_context(clusters.taken_over())
            stack.enter_context(images.stored())
            stack.enter_context(services.kept())
            stack.enter_context(deployments.carried_out())
            stack.enter_context(task_definitions.converted())
            stack.enter_context(task_definitions.described())
            stack.enter_context(partitions.queried())
            stack.enter_context(item_answers.written())
            stack.enter_context(secret_versions.moved())
            stack.enter_context(redrive_policy.rewritten())
            stack.enter_context(receiving.by_the_clock())
            stack.enter_context(message_counts.at_one_moment())
            stack.enter_context(staged_messages.staged(self.faults))
            yield

    def function_names(self) -> list[str]:
        """Return the names of the functions in all regions."""
        backends = lambda_backends[self.account].values()
        return sorted({str(function.function_name) for backend in backends for function in backend.list_functions()})

    def queue_names(self) -> list[str]:
        """Return the names of the queues in all regions."""
        return sorted({name for backend in sqs_backends[self.account].values() for name in backend.queues})

    def send_dead_letter(self, queue_arn: str, body: str, attributes: Mapping[str, str]) -> None:
        """Send an event that the scheduler gave up to its dead-letter queue."""
        _send(queue_arn, body, {k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()})

    def _send_for_rule(self, queue_arn: str, _rule_arn: str, text: str) -> None:
        _send(queue_arn, text, {})

    def _send_for_role(self, queue_arn: str, text: str) -> None:
        _send(queue_arn, text, {})


def _send(queue_arn: str, body: str, attributes: Mapping[str, Any]) -> None:
    queue = Arn.parse(queue_arn)
    backend = sqs_backends[queue.account][queue.region]
    if queue.resource not in backend.queues:
        raise AwsError("AWS.SimpleQueueService.NonExistentQueue", f"The queue {queue_arn} does not exist.")
    backend.send_message(queue.resource, body, message_attributes=dict(attributes))
