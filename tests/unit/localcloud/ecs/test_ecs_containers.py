import pytest

from localcloud.ecs import containers
from localcloud.ecs.health import docker_check, from_docker, task_health
from localcloud.ecs.model import Container, Health
from localcloud.settings import Settings
from tests.unit.localcloud.ecs.world import service, task

SETTINGS = Settings(port=4570, hostname="host")


def make(name: str = "app", **definition: object) -> Container:
    return Container(name, "", {"name": name, "image": "app:1", **definition})


def arguments(container: Container) -> dict[str, object]:
    one = task(service(), containers=[container])
    return containers.container_arguments(one, container, container, {}, SETTINGS)


@pytest.mark.parametrize(
    ("image", "pulled"),
    [
        (
            "000000000000.dkr.ecr.us-east-1.amazonaws.com/a/b@sha256:1",
            "localhost:4570/a/b@sha256:1",
        ),
        ("111122223333.dkr.ecr.us-east-1.amazonaws.com/a:1", None),
        ("localhost:4570/a:1", None),
        ("nginx", None),
    ],
)
def test_the_accounts_own_registry_is_the_local_one(image: str, pulled: str | None) -> None:
    assert containers.image_reference(image, SETTINGS) == (pulled or image)


def test_ports_are_published_on_loopback_only() -> None:
    found = arguments(
        make(portMappings=[{"containerPort": 80}, {"containerPort": 53, "protocol": "udp"}])
    )
    assert found["ports"] == {"80/tcp": ("127.0.0.1",), "53/udp": ("127.0.0.1",)}


def test_memory_is_the_containers_else_the_tasks_and_never_swap() -> None:
    assert arguments(make(memory=64))["mem_limit"] == 64 * 1024**2
    one = task(service(), containers=[make()])
    one.definition.body["memory"] = "512"
    assert containers.memory_limit(one, one.containers[0]) == 512 * 1024**2
    one.overrides = {"memory": "1024"}
    assert containers.memory_limit(one, one.containers[0]) == 1024**3
    assert arguments(make(memory=64))["memswap_limit"] == 64 * 1024**2
    assert "mem_limit" not in arguments(make())


def test_later_sources_of_the_environment_win() -> None:
    container = make(environment=[{"name": "A", "value": "1"}, {"name": "B", "value": "1"}])
    one = task(service(), containers=[container])
    one.overrides = {
        "containerOverrides": [{"name": "app", "environment": [{"name": "B", "value": "3"}]}]
    }
    assert containers.environment(one, container, {"A": "2"}) == {"A": "2", "B": "3"}


def test_an_image_s_own_health_check_is_turned_off() -> None:
    assert docker_check({}) == {"test": ["NONE"]}
    check = docker_check({"healthCheck": {"command": ["CMD", "x"]}})
    assert check == {
        "test": ["CMD", "x"],
        "interval": 30_000_000_000,
        "timeout": 5_000_000_000,
        "retries": 3,
        "start_period": 0,
    }


def needing(name: str, *needs: tuple[str, str]) -> Container:
    return make(name, dependsOn=[{"containerName": n, "condition": c} for n, c in needs])


def test_containers_start_after_what_they_depend_on() -> None:
    found = [needing("app", ("db", "HEALTHY"), ("init", "SUCCESS")), make("db"), make("init")]
    assert [c.name for c in containers.start_order(found)] == ["db", "init", "app"]
    assert containers.network_owner(containers.start_order(found)).name == "db"
    with pytest.raises(ValueError, match="circle"):
        containers.start_order([needing("a", ("b", "START")), needing("b", ("a", "START"))])


def test_an_init_container_never_owns_the_network() -> None:
    order = containers.start_order([needing("app", ("init", "COMPLETE")), make("init")])
    owner = containers.network_owner(order)
    assert owner.name == "app"
    one = task(service(), containers=order)
    found = containers.container_arguments(one, order[0], owner, {}, SETTINGS)
    assert "network_mode" not in found
    assert found["network"] == SETTINGS.network
    assert "ports" not in found


def test_the_others_join_the_owners_network() -> None:
    owner, other = make("app"), make("sidecar", portMappings=[{"containerPort": 9}])
    owner.id = "abc"
    one = task(service(), containers=[owner, other])
    found = containers.container_arguments(one, other, owner, {}, SETTINGS)
    assert found["network_mode"] == "container:abc"
    assert "network" not in found
    assert "ports" not in found
    assert containers.container_arguments(one, owner, owner, {}, SETTINGS)["ports"] == {
        "9/tcp": ("127.0.0.1",)
    }


@pytest.mark.parametrize(
    ("healths", "expected"),
    [
        ([], Health.UNKNOWN),
        ([Health.HEALTHY], Health.HEALTHY),
        ([Health.HEALTHY, Health.UNKNOWN], Health.UNKNOWN),
        ([Health.HEALTHY, Health.UNHEALTHY, Health.UNKNOWN], Health.UNHEALTHY),
    ],
)
def test_a_task_is_as_healthy_as_its_worst_container(
    healths: list[Health], expected: Health
) -> None:
    found = [make(str(n), healthCheck={"command": ["CMD"]}) for n, _ in enumerate(healths)]
    for container, health in zip(found, healths, strict=True):
        container.health = health
    unchecked = make("unchecked")
    sidecar = make("sidecar", essential=False, healthCheck={"command": ["CMD"]})
    sidecar.health = Health.UNHEALTHY
    assert task_health([*found, unchecked, sidecar]) is expected


@pytest.mark.parametrize(("status", "health"), [("starting", "UNKNOWN"), ("healthy", "HEALTHY")])
def test_docker_s_words_become_those_of_ecs(status: str, health: str) -> None:
    assert from_docker(status).value == health
