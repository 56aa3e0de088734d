"""A task ends although its engine does not tell those who follow that a container has ended."""

import asyncio
import time

import pytest

from tests.unit.localcloud.ecs.played import NETWORK, Ecs

LOGGED = {"awslogs-group": "g", "awslogs-region": "us-east-1"}


async def stopped(ecs: Ecs) -> None:
    """Run a task that writes to CloudWatch Logs, and stop it once it runs."""
    definition = await ecs(
        "RegisterTaskDefinition",
        family="app",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn="arn:aws:iam::000000000000:role/execution",
        containerDefinitions=[
            {
                "name": "app",
                "image": "app:1",
                "logConfiguration": {"logDriver": "awslogs", "options": LOGGED},
            }
        ],
    )
    arn = definition["taskDefinition"]["taskDefinitionArn"]
    ran = await ecs("RunTask", cluster="c", taskDefinition=arn, networkConfiguration=NETWORK)
    task = ran["tasks"][0]["taskArn"]
    await until(ecs, task, "RUNNING")
    await ecs("StopTask", cluster="c", task=task)
    await until(ecs, task, "STOPPED")


async def until(ecs: Ecs, task: str, status: str) -> None:
    deadline = time.monotonic() + 5
    while (found := await ecs("DescribeTasks", cluster="c", tasks=[task]))["tasks"][0][
        "lastStatus"
    ] != status:
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("last", "sent"),
    [([b"one\ntwo", None], ["one", "two"]), ([], [])],
    ids=["what was kept back is sent", "nothing comes at all"],
)
async def test_a_task_ends_though_its_engine_does_not_say_so(
    ecs: Ecs, last: list[bytes | None], sent: list[str]
) -> None:
    ecs.containers.last = last
    await stopped(ecs)
    assert ecs.aws.lines == sent
