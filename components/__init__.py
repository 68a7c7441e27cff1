"""The component resources of this project, for its own program and for others.

    from components import JobGroup, JobGroupArgs, ScheduledJob, ScheduledJobArgs

Each name is imported when it is first used. The pure functions in this folder also serve `make check`, which takes half
a second; the import of Pulumi's provider alone takes longer.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.egress_only_group import EgressOnlyGroup, EgressOnlyGroupArgs
    from components.fargate_cluster import FargateCluster, FargateClusterArgs
    from components.function_alias import FunctionAlias, FunctionAliasArgs
    from components.function_place import FunctionPlace
    from components.handler_function import HandlerFunction, HandlerFunctionArgs
    from components.image_task import ImageTask
    from components.image_task_args import BuildArgs, ImageTaskArgs
    from components.job_args import ScheduledJobArgs
    from components.job_group import JobGroup, JobGroupArgs
    from components.placement import PlacementArgs
    from components.schedule import ScheduleArgs
    from components.scheduled_job import ScheduledJob
    from components.subscriptions import Endpoint
    from components.task_parts import EbsArgs, EfsArgs, SidecarArgs, VolumeArgs
    from components.watch_args import WatchArgs
    from components.work_place import ProcessPlace, WorkPlace

__all__ = [
    "BuildArgs",
    "EbsArgs",
    "EfsArgs",
    "EgressOnlyGroup",
    "EgressOnlyGroupArgs",
    "Endpoint",
    "FargateCluster",
    "FargateClusterArgs",
    "FunctionAlias",
    "FunctionAliasArgs",
    "FunctionPlace",
    "HandlerFunction",
    "HandlerFunctionArgs",
    "ImageTask",
    "ImageTaskArgs",
    "JobGroup",
    "JobGroupArgs",
    "PlacementArgs",
    "ProcessPlace",
    "ScheduleArgs",
    "ScheduledJob",
    "ScheduledJobArgs",
    "SidecarArgs",
    "VolumeArgs",
    "WatchArgs",
    "WorkPlace",
]

_MODULES = {
    "EbsArgs": "task_parts",
    "BuildArgs": "image_task_args",
    "EfsArgs": "task_parts",
    "EgressOnlyGroup": "egress_only_group",
    "EgressOnlyGroupArgs": "egress_only_group",
    "Endpoint": "subscriptions",
    "FargateCluster": "fargate_cluster",
    "FargateClusterArgs": "fargate_cluster",
    "FunctionAlias": "function_alias",
    "FunctionAliasArgs": "function_alias",
    "FunctionPlace": "function_place",
    "HandlerFunction": "handler_function",
    "HandlerFunctionArgs": "handler_function",
    "ImageTask": "image_task",
    "ImageTaskArgs": "image_task_args",
    "JobGroup": "job_group",
    "JobGroupArgs": "job_group",
    "PlacementArgs": "placement",
    "ProcessPlace": "work_place",
    "ScheduleArgs": "schedule",
    "ScheduledJob": "scheduled_job",
    "ScheduledJobArgs": "job_args",
    "SidecarArgs": "task_parts",
    "VolumeArgs": "task_parts",
    "WatchArgs": "watch_args",
    "WorkPlace": "work_place",
}


def __getattr__(name: str) -> object:
    """Return a name of the package, after importing its module."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
