"""ECS's task calls refuse what ECS refuses; states, events, tokens and retention are those of AWS."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.processes.emulator.world import (
    ACCOUNT,
    APP,
    CLUSTER,
    DEFINITION,
    PROXY,
    REGION,
    START,
    Host,
    client,
    refusal,
)

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

FARGATE = [{"capacityProvider": "FARGATE", "weight": 1}]
WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "unknown cluster": ({"cluster": "other"}, "ClusterNotFoundException", "Cluster not found."),
    "unknown family": ({"taskDefinition": "other"}, "ClientException", "TaskDefinition not found."),
    "unknown revision": ({"taskDefinition": "app:7"}, "ClientException", "TaskDefinition not found."),
    "no definition": ({"taskDefinition": None}, "InvalidParameterException", "taskDefinition"),
    "override of an unknown container": (
        {"overrides": {"containerOverrides": [{"name": "web"}]}},
        "InvalidParameterException",
        "Override for container named web",
    ),
    "launch type and strategy": (
        {"launchType": "FARGATE", "capacityProviderStrategy": FARGATE},
        "InvalidParameterException",
        "launchType",
    ),
    "a provider that the cluster lacks": (
        {"capacityProviderStrategy": [*FARGATE, {"capacityProvider": "FARGATE_SPOT", "weight": 1}]},
        "InvalidParameterException",
        (
            "The specified capacity provider strategy cannot contain a capacity provider that is not associated with "
            "the cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and "
            "try again."
        ),
    ),
    "no network": ({"networkConfiguration": None}, "InvalidParameterException", "Network Configuration"),
    "unknown launch type": ({"launchType": "SPOT"}, "InvalidParameterException", "SPOT"),
    "eleven tasks": ({"count": 11}, "InvalidParameterException", "count"),
    "a dot in startedBy": ({"startedBy": "jobs/a.b"}, "InvalidParameterException", "startedBy 'jobs/a.b'"),
    "a startedBy of 129 characters": ({"startedBy": "a" * 129}, "InvalidParameterException", "startedBy"),
    "a space in the token": ({"clientToken": "a b"}, "InvalidParameterException", "clientToken 'a b'"),
    "a token of 65 characters": ({"clientToken": "a" * 65}, "InvalidParameterException", "clientToken"),
}


@pytest.fixture(autouse=True)
def _with_capacity(world: World) -> None:
    """Let the cluster have one capacity provider."""
    providers = ["FARGATE"]
    client("ecs").put_cluster_capacity_providers(
        cluster="main", capacityProviders=providers, defaultCapacityProviderStrategy=[]
    )


@pytest.mark.parametrize(("changes", "code", "named"), WRONG.values(), ids=WRONG)
def test_refused(world: World, changes: dict[str, Any], code: str, named: str) -> None:
    """RunTask refuses the requests that ECS refuses, with ECS's code, and starts nothing."""
    found, message = refusal(lambda: world.run(**changes))
    assert found == code
    assert named in message
    assert world.host.started == []


def test_capacity(world: World) -> None:
    """A task runs on the cluster's own capacity provider, and is described with it."""
    (task,) = world.run(capacityProviderStrategy=FARGATE)
    assert task["capacityProviderName"] == "FARGATE"


def test_revisions(world: World) -> None:
    """A family names its latest active revision, and a name with a revision or an ARN names that revision."""
    world.define(APP)
    world.define(APP)
    client("ecs").deregister_task_definition(taskDefinition="app:3")
    asked = ("app", "app:1", DEFINITION, DEFINITION.removesuffix(":1"))
    found = [world.run(taskDefinition=name)[0]["taskDefinitionArn"].rpartition(":")[2] for name in asked]
    assert found == ["2", "1", "1", "2"]
    assert refusal(lambda: world.run(taskDefinition="app:3"))[0] == "ClientException"


def test_described(world: World) -> None:
    """A task is described with its request and the results of its containers."""
    overrides = {"cpu": "512", "containerOverrides": [{"name": "app", "command": ["false"]}]}
    (answer,) = world.run(overrides=overrides, group="jobs")
    describe = client("ecs").describe_tasks
    (task,) = describe(cluster="main", tasks=[answer["taskArn"]])["tasks"]
    assert (answer["lastStatus"], answer["desiredStatus"]) == ("PROVISIONING", "RUNNING")
    assert task["taskArn"].startswith(f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/main/")
    assert (task["group"], task["cpu"], task["memory"], task["tags"]) == ("jobs", "512", "1024", [])
    assert task["overrides"] == {
        "cpu": "512",
        "containerOverrides": [{"name": "app", "command": ["false"]}, {"name": "proxy"}],
    }
    assert {c["name"]: c["exitCode"] for c in task["containers"]} == {"app": 0, "proxy": 137}
    assert (task["stopCode"], task["lastStatus"]) == ("EssentialContainerExited", "STOPPED")


def test_tags(world: World, host: Host) -> None:
    """The tags of a task are described on request, until it has stopped."""
    host.exit_code = None
    tags = [{"key": "job", "value": "report"}]
    (answer,) = world.run(tags=tags)

    def described(**given: object) -> list[dict[str, str]]:
        (task,) = client("ecs").describe_tasks(cluster="main", tasks=[answer["taskArn"]], **given)["tasks"]
        found: list[dict[str, str]] = task["tags"]
        return found

    assert (described(include=["TAGS"]), described()) == (tags, [])
    host.end(host.started[0], world.aws.tasks, 0)
    assert described(include=["TAGS"]) == []


def test_without_a_size(world: World) -> None:
    """A task whose definition has no size shows none."""
    world.define(APP, cpu=None, memory=None, requiresCompatibilities=["EC2"])
    (task,) = world.run()
    assert "cpu" not in task
    assert "memory" not in task


def test_main_container(world: World) -> None:
    """The job's container is the one whose command is overridden, or one that is overridden, or the essential one."""
    world.run()
    command, variables = {"name": "proxy", "command": ["sweep"]}, {"name": "proxy", "environment": []}
    world.run(overrides={"containerOverrides": [{"name": "app", "cpu": 1}, command]})
    world.run(overrides={"containerOverrides": [variables]})
    assert [task.main.name for task in world.host.started] == ["app", "proxy", "proxy"]


def test_events(world: World) -> None:
    """Each state sends an event of AWS's shape, with the whole overrides, and its version grows."""
    published: list[dict[str, Any]] = []
    world.aws.tasks._publish = lambda region, event: published.append({"to": region, **event})
    override = {"name": "app", "command": ["x"], "environment": [{"name": "COLOUR", "value": "blue"}]}
    (task,) = world.run(group="jobs-test:report", startedBy="me", overrides={"containerOverrides": [override]})
    states = ["PROVISIONING", "PENDING", "RUNNING", "DEPROVISIONING", "STOPPED"]
    assert [event["detail"]["lastStatus"] for event in published] == states
    assert [event["detail"]["version"] for event in published] == [1, 2, 3, 4, 5]
    assert len({event["id"] for event in published}) == 5
    last = published[-1]
    assert {name: value for name, value in last.items() if name not in {"id", "detail"}} == {
        "to": REGION,
        "version": "0",
        "detail-type": "ECS Task State Change",
        "source": "aws.ecs",
        "account": ACCOUNT,
        "time": "2027-01-04T00:00:00Z",
        "region": REGION,
        "resources": [task["taskArn"]],
    }
    detail = last["detail"]
    arn = task["taskArn"]
    assert {name: value for name, value in detail.items() if name not in {"attachments", "containers"}} == {
        "taskArn": arn,
        "clusterArn": CLUSTER,
        "taskDefinitionArn": DEFINITION,
        "group": "jobs-test:report",
        "startedBy": "me",
        "launchType": "FARGATE",
        "platformVersion": "1.4.0",
        "cpu": "256",
        "memory": "1024",
        "desiredStatus": "STOPPED",
        "lastStatus": "STOPPED",
        "version": 5,
        "createdAt": "2027-01-04T00:00:00.000Z",
        "updatedAt": "2027-01-04T00:00:00.000Z",
        "startedAt": "2027-01-04T00:00:00.000Z",
        "stoppingAt": "2027-01-04T00:00:00.000Z",
        "executionStoppedAt": "2027-01-04T00:00:00.000Z",
        "stoppedAt": "2027-01-04T00:00:00.000Z",
        "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited",
        "overrides": {"containerOverrides": [override, {"name": "proxy"}]},
    }
    assert detail["containers"][1] == {
        "containerArn": arn.replace(":task/", ":container/") + "/proxy",
        "taskArn": arn,
        "name": "proxy",
        "image": PROXY["image"],
        "runtimeId": f"{arn.rpartition('/')[2]}-1936902590",
        "lastStatus": "STOPPED",
        "exitCode": 137,
    }
    assert published[3]["detail"] == {
        **{name: value for name, value in detail.items() if name != "stoppedAt"},
        "lastStatus": "DEPROVISIONING",
        "version": 4,
    }
    running = published[2]["detail"]
    assert not {"stopCode", "stoppingAt", "executionStoppedAt", "stoppedAt", "stoppedReason"} & running.keys()
    assert running["containers"][1]["runtimeId"] == detail["containers"][1]["runtimeId"]
    assert "startedAt" not in published[1]["detail"]
    assert "runtimeId" not in published[1]["detail"]["containers"][1]


def test_token(world: World) -> None:
    """A known token returns the complete first result, and starts nothing."""
    first = world.run(clientToken="one", count=2)
    again = world.run(clientToken="one", count=2)
    assert [task["taskArn"] for task in again] == [task["taskArn"] for task in first]
    assert len(world.host.started) == 2
    world.run(clientToken="two", count=2)
    assert len(world.host.started) == 4


def test_token_with_other_parameters(world: World) -> None:
    """A known token with other parameters is a conflict; on another cluster it is a new token."""
    world.run(clientToken="one")
    with pytest.raises(ClientError) as refused:
        world.run(clientToken="one", group="other")
    answer: Any = refused.value.response
    assert answer["Error"]["Code"] == "ConflictException"
    assert answer["resourceIds"] == [world.host.started[0].arn]
    client("ecs").create_cluster(clusterName="second")
    world.run(clientToken="one", cluster="second", group="other")
    assert len(world.host.started) == 2


@pytest.mark.parametrize(
    ("ends", "kept"),
    [
        pytest.param(timedelta(0), timedelta(hours=1), id="an-hour-after-its-end"),
        pytest.param(timedelta(hours=5), timedelta(hours=6), id="an-hour-after-a-later-end"),
        pytest.param(timedelta(hours=23, minutes=30), timedelta(hours=24), id="a-day-at-most"),
        pytest.param(None, timedelta(hours=24), id="a-day-while-it-runs"),
    ],
)
def test_token_expires(world: World, host: Host, ends: timedelta | None, kept: timedelta) -> None:
    """ECS keeps a token for the shorter of a day and the task's life plus an hour."""
    host.exit_code = None
    world.run(clientToken="one")
    if ends is not None:
        world.clock.move_to(START + ends)
        host.end(host.started[0], world.aws.tasks, 0)
    world.clock.move_to(START + kept - timedelta(seconds=1))
    world.run(clientToken="one")
    assert len(host.started) == 1
    world.clock.move_to(START + kept)
    world.run(clientToken="one")
    assert len(host.started) == 2


def test_token_of_several_tasks(world: World, host: Host) -> None:
    """ECS keeps a token until one hour after its last task stopped."""
    host.exit_code = None
    world.run(clientToken="one", count=2)
    host.end(host.started[0], world.aws.tasks, 0)
    world.clock.move_to(START + timedelta(hours=2))
    world.run(clientToken="one", count=2)
    assert len(host.started) == 2


def test_list(world: World, host: Host) -> None:
    """Tasks are listed by cluster, state, family and started-by value."""
    host.exit_code = None
    client("ecs").create_cluster(clusterName="second")
    client("ecs").register_task_definition(family="other", containerDefinitions=[APP])
    one = world.run(startedBy="me")[0]["taskArn"]
    two = world.run(taskDefinition="other", startedBy="me")[0]["taskArn"]
    ended = world.run()[0]["taskArn"]
    world.run(cluster="second")
    host.end(host.started[2], world.aws.tasks, 1)

    def listed(**given: str) -> list[str]:
        arns: list[str] = client("ecs").list_tasks(cluster="main", **given)["taskArns"]
        return arns

    assert listed() == [one, two]
    assert listed(family="app") == [one]
    assert listed(startedBy="me") == [one, two]
    assert listed(desiredStatus="STOPPED") == [ended]
    assert refusal(lambda: client("ecs").list_tasks(cluster="none"))[0] == "ClusterNotFoundException"


OTHER_FILTERS = {"desiredStatus": "RUNNING", "family": "app", "launchType": "FARGATE", "serviceName": "web"}


@pytest.mark.parametrize("name", OTHER_FILTERS)
def test_started_by_alone(world: World, name: str) -> None:
    """The filter startedBy is the only one of its request."""
    del world
    code, message = refusal(
        lambda: client("ecs").list_tasks(cluster="main", startedBy="me", **{name: OTHER_FILTERS[name]})
    )
    assert (code, message) == ("InvalidParameterException", "cannot specify startedBy with other arguments")


def test_filter_that_is_not_known(world: World) -> None:
    """A filter that the sandbox does not support is refused by its name."""
    del world
    code, message = refusal(lambda: client("ecs").list_tasks(cluster="main", serviceName="web"))
    assert (code, "serviceName" in message) == ("InvalidParameterException", True)


def test_pages(world: World, host: Host) -> None:
    """ListTasks has pages of a hundred tasks at most, or of as many as the request says."""
    host.exit_code = None
    for _ in range(11):
        world.run(count=10)
    arns = [task.arn for task in world.aws.tasks.all()]
    first = client("ecs").list_tasks(cluster="main")
    assert first["taskArns"] == arns[:100]
    rest = client("ecs").list_tasks(cluster="main", nextToken=first["nextToken"])
    assert (rest["taskArns"], "nextToken" in rest) == (arns[100:], False)
    pages = client("ecs").get_paginator("list_tasks").paginate(cluster="main", PaginationConfig={"PageSize": 50})
    assert [len(page["taskArns"]) for page in pages] == [50, 50, 10]
    for wrong in ({"maxResults": 0}, {"maxResults": 101}, {"nextToken": "no"}):
        assert refusal(lambda wrong=wrong: client("ecs").list_tasks(cluster="main", **wrong))[0] == (  # type: ignore[misc]
            "InvalidParameterException"
        )


def test_many_described(world: World) -> None:
    """DescribeTasks takes a hundred tasks at most."""
    del world
    describe = client("ecs").describe_tasks
    assert len(describe(cluster="main", tasks=[f"{n:032}" for n in range(100)])["failures"]) == 100
    assert refusal(lambda: describe(cluster="main", tasks=["1f"] * 101))[0] == "InvalidParameterException"


def test_task_of_another_cluster(world: World) -> None:
    """A task is known in its own cluster only, by its id and by its ARN."""
    client("ecs").create_cluster(clusterName="second")
    (task,) = world.run()
    for name in (task["taskArn"], task["taskArn"].rpartition("/")[2]):
        answer = client("ecs").describe_tasks(cluster="second", tasks=[name])
        assert (answer["tasks"], answer["failures"]) == ([], [{"arn": name, "reason": "MISSING"}])
        code, _ = refusal(lambda name=name: client("ecs").stop_task(cluster="second", task=name))  # type: ignore[misc]
        assert code == "InvalidParameterException"
        assert client("ecs").describe_tasks(cluster="main", tasks=[name])["failures"] == []
    assert refusal(lambda: client("ecs").describe_tasks(tasks=["1f"]))[0] == "ClusterNotFoundException"


def test_forgotten(world: World) -> None:
    """A stopped task is missing from DescribeTasks and ListTasks after an hour, but the sandbox remembers it."""
    arn = world.run()[0]["taskArn"]
    world.clock.move_to(START + timedelta(hours=1))
    assert client("ecs").describe_tasks(cluster="main", tasks=[arn])["failures"] == []
    world.clock.move_to(START + timedelta(hours=1, seconds=1))
    answer = client("ecs").describe_tasks(cluster="main", tasks=[arn])
    assert (answer["tasks"], answer["failures"]) == ([], [{"arn": arn, "reason": "MISSING"}])
    assert client("ecs").list_tasks(cluster="main", desiredStatus="STOPPED")["taskArns"] == []
    assert [task.arn for task in world.aws.tasks.all()] == [arn]


def test_stop_of_nothing(world: World) -> None:
    """StopTask refuses a missing task, and does not change a stopped task."""
    assert refusal(lambda: client("ecs").stop_task(cluster="main", task="0" * 32))[0] == "InvalidParameterException"
    arn = world.run()[0]["taskArn"]
    stopped = client("ecs").stop_task(cluster="main", task=arn)["task"]
    assert stopped["stopCode"] == "EssentialContainerExited"


def test_stop(world: World, host: Host) -> None:
    """A task that must stop says so while it still runs, once, and keeps the reason of its first stop."""
    host.exit_code = None
    arn = world.run()[0]["taskArn"]
    published: list[dict[str, Any]] = []
    world.aws.tasks._publish = lambda _, event: published.append(event["detail"])
    for reason in ("Enough", "Again"):
        client("ecs").stop_task(cluster="main", task=arn, reason=reason)
    world.clock.move_to(START + timedelta(seconds=30))
    host.end(host.started[0], world.aws.tasks, 143)
    shown = ("lastStatus", "desiredStatus", "version", "stopCode", "stoppedReason", "stoppingAt")
    because = ("UserInitiated", "Enough", "2027-01-04T00:00:00.000Z")
    assert [tuple(detail[name] for name in shown) for detail in published] == [
        ("RUNNING", "STOPPED", 4, *because),
        ("DEPROVISIONING", "STOPPED", 5, *because),
        ("STOPPED", "STOPPED", 6, *because),
    ]
    assert "exitCode" not in published[0]["containers"][0]
    assert (published[2]["containers"][0]["exitCode"], published[2]["stoppedAt"]) == (143, "2027-01-04T00:00:30.000Z")


@pytest.mark.parametrize(
    ("service", "operation", "request_", "code", "named"),
    [
        pytest.param("ecs", "describe_tasks", {}, "InvalidParameterException", "tasks", id="json"),
        pytest.param("events", "put_rule", {"Name": "a b"}, "ValidationException", "a b", id="json-of-another-service"),
        pytest.param(
            "iam", "create_role", {"RoleName": "a"}, "ValidationError", "assumeRolePolicyDocument", id="query"
        ),
        pytest.param(
            "scheduler", "create_schedule_group", {"Name": "a b"}, "ValidationException", "a b", id="rest-json"
        ),
    ],
)
def test_the_model_of_each_protocol(
    world: World, service: str, operation: str, request_: dict[str, Any], code: str, named: str
) -> None:
    """A request that violates a service's model is refused with the service's own code, for every protocol."""
    found, message = refusal(lambda: getattr(client(service), operation)(**request_))
    assert found == code
    assert named in message
    assert "failed to satisfy constraint" in message


def test_calls_are_remembered(world: World) -> None:
    """Each request is recorded as it was sent."""
    client("ecs").describe_clusters(clusters=["main"])
    last = world.aws.gateway.calls[-1]
    assert (last.service, last.operation, last.params["clusters"]) == ("ecs", "DescribeClusters", ["main"])
    assert (last.account, last.region, last.partition) == (ACCOUNT, REGION, "aws")


def test_moto_s_own_refusals_stay(world: World) -> None:
    """A refusal by moto that is correct keeps moto's words."""
    code, _ = refusal(lambda: client("iam").get_role(RoleName="nobody"))
    assert code == "NoSuchEntity"
