"""Clusters as ECS keeps them: none is removed while something uses it, and none is made twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.processes.emulator.world import Host, client, refusal

if TYPE_CHECKING:
    from tests.processes.emulator.world import World

SPOT = [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]


def provide(*providers: str) -> None:
    """Let the cluster have exactly these capacity providers."""
    client("ecs").put_cluster_capacity_providers(
        cluster="main", capacityProviders=list(providers), defaultCapacityProviderStrategy=[]
    )


def status() -> str:
    """Return the status of the cluster."""
    [found] = client("ecs").describe_clusters(clusters=["main"])["clusters"]
    return str(found["status"])


def test_deleted_after_its_last_task(world: World, host: Host) -> None:
    """A cluster with a task that has not stopped stays, by its name and by its ARN; one without is deleted."""
    host.exit_code = None
    [task] = world.run()
    delete = client("ecs").delete_cluster
    refused = "ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active."
    assert refusal(lambda: delete(cluster="main")) == refused
    assert refusal(lambda: delete(cluster=task["clusterArn"])) == refused
    assert status() == "ACTIVE"
    host.end(host.started[0], world.aws.tasks, 0)
    delete(cluster="main")
    assert status() == "INACTIVE"
    assert refusal(lambda: delete(cluster="other"))[0] == "ClusterNotFoundException"


def test_deleted_after_its_last_service(world: World) -> None:
    """A cluster with a service stays, also with one that has no task."""
    del world
    ecs = client("ecs")
    ecs.create_service(cluster="main", serviceName="web", taskDefinition="app", desiredCount=0, launchType="FARGATE")
    words = "The Cluster cannot be deleted while Services are active."
    assert refusal(lambda: ecs.delete_cluster(cluster="main")) == ("ClusterContainsServicesException", words)
    ecs.delete_service(cluster="main", service="web")
    ecs.delete_cluster(cluster="main")
    assert status() == "INACTIVE"


def test_keeps_providers_in_use(world: World, host: Host) -> None:
    """A provider of a task stays until the task has stopped; others can be removed, and more be added."""
    host.exit_code = None
    provide("FARGATE", "FARGATE_SPOT")
    world.run(capacityProviderStrategy=SPOT)
    provide("FARGATE_SPOT")
    provide("FARGATE_SPOT", "FARGATE")
    words = "The specified capacity provider is in use and cannot be removed."
    assert refusal(lambda: provide("FARGATE")) == ("ResourceInUseException", words)
    host.end(host.started[0], world.aws.tasks, 0)
    provide("FARGATE")


def test_keeps_providers_of_services(world: World) -> None:
    """A provider of a service stays, also while the service has no task."""
    del world
    provide("FARGATE_SPOT")
    request: dict[str, Any] = {"cluster": "main", "serviceName": "web", "taskDefinition": "app", "desiredCount": 0}
    client("ecs").create_service(**request, capacityProviderStrategy=SPOT)
    assert refusal(provide)[0] == "ResourceInUseException"


def test_made_once(world: World) -> None:
    """CreateCluster takes over an active cluster as it is, without a word; a deleted one is made anew."""
    del world
    ecs = client("ecs")
    changed = {"clusterName": "main", "settings": [{"name": "containerInsights", "value": "enhanced"}]}
    assert ecs.create_cluster(**changed)["cluster"]["settings"] == [{"name": "containerInsights", "value": "disabled"}]
    ecs.delete_cluster(cluster="main")
    assert ecs.create_cluster(**changed)["cluster"]["settings"] == changed["settings"]


def test_has_the_settings_of_the_account(world: World) -> None:
    """Without a setting of its own, a cluster has the account's container insights."""
    del world
    ecs = client("ecs")
    ecs.put_account_setting(name="containerInsights", value="enabled")
    settings = {
        name: ecs.create_cluster(clusterName=name, **more)["cluster"]["settings"][0]["value"]
        for name, more in (
            ("plain", {}),
            ("own", {"settings": [{"name": "containerInsights", "value": "disabled"}]}),
        )
    }
    assert settings == {"plain": "enabled", "own": "disabled"}
