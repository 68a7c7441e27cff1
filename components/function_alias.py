"""The alias through which a job's function is invoked, and the destination of the records of its ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import lambda_ as functions

from aws_facts.function_name import LATEST
from aws_facts.functions import LONGEST_EVENT_AGE, SHORTEST_EVENT_AGE
from components.function_place import FunctionPlace
from watch.names import alias_name

if TYPE_CHECKING:
    from components.job_group import JobGroup

MARGIN = 300
"""Seconds that Lambda and the watch have for the record of an end. The watch is retried after one and two minutes."""


@dataclass(frozen=True, kw_only=True)
class FunctionAliasArgs:
    """Arguments of a `FunctionAlias`."""

    group: JobGroup
    """The group must have a watch and a supervisor."""
    function_name: pulumi.Input[str]
    """The name of the function. Its role must be allowed to invoke the group's watch."""
    timeout: int
    """Seconds that the function may run."""
    version: pulumi.Input[str] = LATEST
    """The version that runs."""
    event_age: int = LONGEST_EVENT_AGE
    """Seconds for which Lambda may keep an event that it cannot hand to the function yet."""
    callback_within: int | None = None
    """Seconds for which work may go on after the function has ended, until somebody tells its end at the callback.

    Default: the work ends with the function, and there is no callback.
    """
    log_group: pulumi.Input[str] | None = None
    """The log group that the function writes to. Default: `/aws/lambda/<function>`."""


class FunctionAlias(pulumi.ComponentResource):
    """The alias of a job's function, whose invocations are not repeated by Lambda, and tell the watch how they ended.

    The component has the job's name. `place` is what a `ScheduledJob` invokes:

        alias = FunctionAlias("import-rates", FunctionAliasArgs(group=group, function_name="rates", timeout=60))
        ScheduledJob("import-rates", ScheduledJobArgs(group=group, placement=alias.place, …))
    """

    alias: functions.Alias
    config: functions.FunctionEventInvokeConfig
    """What Lambda does with the alias's asynchronous invocations. That of the function itself is not touched."""
    callback: functions.FunctionUrl | None
    """The public address of the alias, whose requests the function itself must refuse or take; None without one."""
    place: FunctionPlace

    def __init__(self, name: str, args: FunctionAliasArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare the alias; RunError for a group without a supervisor, or an age that Lambda does not take."""
        watch = args.group.watch
        if watch is None or args.group.supervisor is None:
            raise pulumi.RunError(
                f"the group {args.group.name} has no supervisor, which invokes the function of {name}; set `watch` and "
                "`supervised` of `JobGroupArgs`"
            )
        if not SHORTEST_EVENT_AGE <= args.event_age <= LONGEST_EVENT_AGE:
            raise pulumi.RunError(
                f"`event_age` of the function of {name}: {args.event_age} must be {SHORTEST_EVENT_AGE} to "
                f"{LONGEST_EVENT_AGE} seconds"
            )
        super().__init__("scheduled-jobs:index:FunctionAlias", name, None, opts)
        self.alias = functions.Alias(
            name,
            name=alias_name(args.group.name, name),
            description=f"The job {name} of {args.group.name}",
            function_name=args.function_name,
            function_version=args.version,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.config = functions.FunctionEventInvokeConfig(
            name,
            function_name=args.function_name,
            qualifier=self.alias.name,
            maximum_retry_attempts=0,
            maximum_event_age_in_seconds=args.event_age,
            destination_config={
                "on_failure": {"destination": watch.function_arn},
                "on_success": {"destination": watch.function_arn},
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.alias, watch.events]),
        )
        self.callback = None if args.callback_within is None else self._create_callback(name, args)
        usual = pulumi.Output.concat("/aws/lambda/", args.function_name)
        self.place = FunctionPlace(
            alias_arn=self.alias.arn,
            log_group=usual if args.log_group is None else args.log_group,
            ends_within=args.event_age + args.timeout + (args.callback_within or 0) + MARGIN,
            callback=self.callback.function_url if self.callback else "",
            ready=[self.alias, self.config, *([self.callback] if self.callback else [])],
        )
        self.register_outputs({"alias_arn": self.alias.arn})

    def _create_callback(self, name: str, args: FunctionAliasArgs) -> functions.FunctionUrl:
        """Create the alias's address.

        The provider itself adds the two statements with which anybody may call it (resource `FunctionUrl`). They stay
        when the address goes, and allow nothing without it.
        """
        return functions.FunctionUrl(
            name,
            function_name=args.function_name,
            qualifier=self.alias.name,
            authorization_type="NONE",
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.alias]),
        )
