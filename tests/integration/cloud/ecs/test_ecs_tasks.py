"""Tasks as https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ describes them."""

import json
import time
import uuid

import docker
import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud.ecs.world import World, awslogs, environment
from tests.integration.local_cloud import eventually

pytestmark = [pytest.mark.ecs, pytest.mark.docker]

SHELL = ["/bin/sh", "-c"]


def shell(world: World, script: str, **options: object) -> str:
    """Register a task that runs a shell script and logs."""
    return world.register(
        world.container(
            entryPoint=SHELL,
            command=[script],
            portMappings=None,
            logConfiguration=world.log_options(),
            **options,
        )
    )


def test_a_task_ends_with_its_containers_exit_code_and_all_its_log_lines(world: World) -> None:
    """.../developerguide/stopped-task-error-codes.html, .../using_awslogs.html"""
    task = world.finish(shell(world, "seq 1 3000; echo last >&2; exit 7"), startedBy="me")

    assert (task["stopCode"], task["containers"][0]["exitCode"]) == ("EssentialContainerExited", 7)
    assert task["stoppedReason"] == "Essential container in task exited"
    assert task["startedBy"] == "me"
    found: list[str] = []
    token: dict[str, str] = {}
    name = f"test/app/{task['taskArn'].rsplit('/', 1)[1]}"
    while True:
        reply = world.logs.get_log_events(
            logGroupName=f"/ecs/{world.cluster}", logStreamName=name, startFromHead=True, **token
        )
        if not reply["events"]:
            break
        found += [event["message"] for event in reply["events"]]
        token = {"nextToken": reply["nextForwardToken"]}
    assert [line for line in found if line != "last"] == [str(n) for n in range(1, 3001)]
    assert "last" in found


def test_the_digest_and_the_address_are_those_of_the_running_container(world: World) -> None:
    """.../APIReference/API_Container.html"""
    arn = world.run(world.probe())["taskArn"]
    task = world.in_status(arn, "RUNNING")
    container = task["containers"][0]

    assert container["imageDigest"] == world.image.partition("@")[2]
    engine = docker.from_env()
    real = engine.containers.get(container["runtimeId"]).attrs
    engine.close()
    address = container["networkInterfaces"][0]["privateIpv4Address"]
    joined = real["NetworkSettings"]["Networks"]
    assert {name: found["IPAddress"] for name, found in joined.items()} == {
        f"shipway-cloud-{world.cloud.port}": address
    }
    details = {d["name"]: d["value"] for d in task["attachments"][0]["details"]}
    assert details["privateIPv4Address"] == address
    assert real["HostConfig"]["Memory"] == real["HostConfig"]["MemorySwap"] == 512 * 1024**2
    bound = [b["HostIp"] for b in real["NetworkSettings"]["Ports"]["8080/tcp"]]
    assert bound == ["127.0.0.1"]


def test_too_much_memory_is_an_out_of_memory_kill(world: World) -> None:
    """.../developerguide/stopped-task-error-codes.html: OutOfMemoryError"""
    task = world.finish(world.probe(oom=0))
    container = task["containers"][0]
    assert container["exitCode"] == 137
    assert container["reason"] == "OutOfMemoryError: Container killed due to memory usage"


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("{registry}/probe@sha256:" + "0" * 64, "CannotPullContainerError"),
        ("{registry}/nothing:1", "CannotPullContainerError"),
    ],
)
def test_a_missing_image_fails_the_task(world: World, image: str, reason: str) -> None:
    """.../developerguide/task_cannot_pull_image.html"""
    wrong = image.format(registry=world.cloud.registry)
    task = world.finish(world.register(world.container(image=wrong)))
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith(reason)
    assert task["containers"][0]["reason"].startswith(reason)
    assert "exitCode" not in task["containers"][0]
    assert "startedAt" not in task


def test_a_command_that_does_not_exist_fails_the_task(world: World) -> None:
    """.../developerguide/stopped-task-error-codes.html: CannotStartContainerError"""
    task = world.finish(world.register(world.container(entryPoint=["/no/such/program"])))
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotStartContainerError")
    assert "/no/such/program" in task["stoppedReason"]


def test_a_missing_log_group_fails_the_task(world: World) -> None:
    """.../developerguide/resource-initialization-error.html"""
    container = world.container(logConfiguration=awslogs(f"/no/{uuid.uuid4().hex}"))
    task = world.finish(world.register(container))
    assert task["stopCode"] == "TaskFailedToStart"
    assert "ResourceInitializationError" in task["stoppedReason"]


def test_secrets_come_from_both_stores(world: World) -> None:
    """.../secrets-envvar-secrets-manager.html, .../secrets-envvar-ssm-paramstore.html"""
    name = f"secret-{uuid.uuid4().hex}"
    stored = world.cloud.client("secretsmanager").create_secret(
        Name=name, SecretString=json.dumps({"user": "me", "password": "p w"})
    )["ARN"]
    world.cloud.client("ssm").put_parameter(Name=f"/{name}", Value="parameter", Type="SecureString")
    secrets = [
        {"name": "WHOLE", "valueFrom": stored},
        {"name": "KEY", "valueFrom": f"{stored}:password::"},
        {"name": "PARAMETER", "valueFrom": f"/{name}"},
    ]
    script = 'echo "$WHOLE|$KEY|$PARAMETER"'
    task = world.finish(shell(world, script, secrets=secrets))
    assert world.lines(task) == ['{"user": "me", "password": "p w"}|p w|parameter']


def test_a_missing_secret_fails_the_task(world: World) -> None:
    """.../developerguide/resource-initialization-error.html"""
    wrong = "arn:aws:secretsmanager:us-east-1:000000000000:secret:none-AbCdEf"
    container = world.container(secrets=[{"name": "X", "valueFrom": wrong}])
    task = world.finish(world.register(container))
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith(
        "ResourceInitializationError: unable to pull secrets or registry auth"
    )


def test_the_container_is_set_up_as_defined(world: World) -> None:
    """.../developerguide/task_definition_parameters.html"""
    script = (
        "id -u; pwd; ulimit -n; touch /file 2>/dev/null || echo read-only; "
        "touch /scratch/file && echo scratch; cat /proc/1/comm; echo $GREETING"
    )
    definition = shell(
        world,
        script,
        user="1234",
        workingDirectory="/usr",
        readonlyRootFilesystem=True,
        ulimits=[{"name": "nofile", "softLimit": 321, "hardLimit": 321}],
        linuxParameters={
            "initProcessEnabled": True,
            "tmpfs": [{"containerPath": "/scratch", "size": 8, "mountOptions": ["mode=1777"]}],
        },
        environment=environment({"GREETING": "hello"}),
    )
    task = world.finish(definition)
    lines = world.lines(task)
    assert lines[:5] == ["1234", "/usr", "321", "read-only", "scratch"]
    assert lines[5] in {"docker-init", "tini"}
    assert lines[6] == "hello"


def test_overrides_change_command_and_environment(world: World) -> None:
    """.../APIReference/API_ContainerOverride.html"""
    override = {"name": "app", "command": ["echo $NAME"], "environment": environment({"NAME": "x"})}
    task = world.finish(shell(world, "exit 1"), overrides={"containerOverrides": [override]})
    assert task["containers"][0]["exitCode"] == 0
    assert world.lines(task) == ["x"]
    with pytest.raises(ClientError, match="other is not a container in the TaskDefinition"):
        world.run(world.probe(), overrides={"containerOverrides": [{"name": "other"}]})


def test_containers_of_a_task_share_localhost_and_volumes(world: World) -> None:
    """.../developerguide/task-networking-awsvpc.html, .../bind-mounts.html"""
    mount = [{"sourceVolume": "shared", "containerPath": "/shared"}]
    script = (
        'for n in 1 2 3 4 5 6 7 8 9; do python3 -c "import urllib.request as r; '
        "print(r.urlopen('http://127.0.0.1:8080/file?path=/shared/note').read().decode())\" "
        "2>/dev/null && exit 0; sleep 0.2; done; exit 1"
    )
    definition = world.register(
        world.container(essential=False, mountPoints=mount),
        world.container(
            "writer",
            essential=False,
            portMappings=None,
            entryPoint=SHELL,
            command=["echo written > /shared/note"],
            mountPoints=mount,
        ),
        world.container(
            "reader",
            portMappings=None,
            entryPoint=SHELL,
            command=[script],
            logConfiguration=world.log_options(),
            dependsOn=[
                {"containerName": "app", "condition": "START"},
                {"containerName": "writer", "condition": "SUCCESS"},
            ],
        ),
        volumes=[{"name": "shared"}],
    )
    task = world.finish(definition)
    assert world.lines(task, "reader") == ["written"]
    engine = docker.from_env()
    left = engine.volumes.list(filters={"label": f"shipway.cloud={world.cloud.instance}"})
    engine.close()
    assert left == []


def test_a_stopped_task_got_sigterm_and_says_who_stopped_it(world: World) -> None:
    """.../APIReference/API_StopTask.html"""
    definition = world.register(world.container(logConfiguration=world.log_options()))
    arn = world.run(definition)["taskArn"]
    eventually(lambda: "listening" in _lines_if_any(world, arn))
    world.stop(arn, "enough")
    task = world.in_status(arn, "STOPPED")
    assert (task["stopCode"], task["stoppedReason"]) == ("UserInitiated", "enough")
    assert task["containers"][0]["exitCode"] == 0
    assert "SIGTERM" in world.lines(task)
    order = ["createdAt", "pullStartedAt", "pullStoppedAt", "startedAt", "stoppingAt", "stoppedAt"]
    assert [task[key] for key in order] == sorted(task[key] for key in order)


def _lines_if_any(world: World, arn: str) -> list[str]:
    try:
        return world.lines({"taskArn": arn})
    except ClientError:
        return []


def test_a_container_that_ignores_sigterm_is_killed_after_its_stop_timeout(world: World) -> None:
    """.../APIReference/API_ContainerDefinition.html: stopTimeout"""
    container = world.container(stopTimeout=2, environment=environment({"PROBE_STUBBORN": 1}))
    container["logConfiguration"] = world.log_options()
    arn = world.run(world.register(container))["taskArn"]
    eventually(lambda: "listening" in _lines_if_any(world, arn))
    started = time.monotonic()
    world.stop(arn)
    task = world.in_status(arn, "STOPPED")
    assert task["containers"][0]["exitCode"] == 137
    assert 2 <= time.monotonic() - started < 30  # what it would be without stopTimeout


def test_tasks_are_listed_by_family_starter_and_desired_status(world: World) -> None:
    """.../APIReference/API_ListTasks.html"""
    done = world.finish(world.probe(exit=0), startedBy="one")["taskArn"]
    running = world.run(world.probe(), startedBy="two")["taskArn"]

    def listed(**filters: str) -> list[str]:
        found: list[str] = world.ecs.list_tasks(cluster=world.cluster, **filters)["taskArns"]
        return found

    assert listed() == [running]
    assert listed(desiredStatus="STOPPED") == [done]
    assert listed(startedBy="one") == []
    assert listed(startedBy="two", family=world.cluster) == [running]
    assert listed(family="other") == []


def test_a_broken_container_health_check_makes_the_task_unhealthy(world: World) -> None:
    """.../developerguide/healthcheck.html"""
    check = {"command": ["CMD-SHELL", "exit 1"], "interval": 5, "timeout": 2, "retries": 1}
    arn = world.run(world.register(world.container(healthCheck=check)))["taskArn"]
    task = world.in_status(arn, "RUNNING")
    assert task["healthStatus"] == "UNKNOWN"
    eventually(lambda: world.task(arn)["healthStatus"] == "UNHEALTHY", 20)
    assert world.task(arn)["lastStatus"] == "RUNNING"


def test_exec_says_that_it_is_not_there(world: World) -> None:
    arn = world.run(world.probe())["taskArn"]
    with pytest.raises(ClientError, match="UnsupportedFeatureException"):
        world.ecs.execute_command(cluster=world.cluster, task=arn, command="sh", interactive=True)
