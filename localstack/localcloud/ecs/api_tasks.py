"""Tasks. https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Task.html"""

from dataclasses import replace
from typing import Any

from localcloud.ecs import render
from localcloud.ecs.context import Context, Json, invalid, missing, page
from localcloud.ecs.model import Cluster, StopCode, Task, TaskDefinition
from localcloud.ecs.names import short

# https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
MOST_TASKS = 10
MOST_DESCRIBED = 100


async def run_task(context: Context, body: Json) -> Json:
    """Start one-off tasks; their containers are pulled and started after the reply."""
    store = context.store
    cluster = store.cluster(body.get("cluster"))
    definition = store.deployable(body["taskDefinition"])
    count = body.get("count") or 1
    if not 1 <= count <= MOST_TASKS:
        raise invalid("count must be between 1 and 10")
    check_network(definition, body)
    _check_overrides(definition, body.get("overrides") or {})
    tasks = [_new(context, cluster, definition, body) for _ in range(count)]
    for task in tasks:
        context.engine.launch(task)
    return {"tasks": [_render(context, task, tags=True) for task in tasks], "failures": []}


def check_network(definition: TaskDefinition, body: Json) -> None:
    """Raise ApiError unless an awsvpc task is told its subnets."""
    if definition.body["networkMode"] == "awsvpc" and not body.get("networkConfiguration"):
        raise invalid(
            "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        )


def _check_overrides(definition: TaskDefinition, overrides: Json) -> None:
    known = {container["name"] for container in definition.containers}
    for entry in overrides.get("containerOverrides") or []:
        if entry.get("name") not in known:
            raise invalid(
                f"Override for container named {entry.get('name')} is not a container in the "
                "TaskDefinition."
            )


def _new(context: Context, cluster: Cluster, definition: TaskDefinition, body: Json) -> Task:
    task = context.engine.new_task(definition, cluster, context.clock())
    kept = ("launchType", "networkConfiguration", "enableExecuteCommand")
    spec: dict[str, Any] = {key: body[key] for key in kept if key in body}
    propagated = definition.arn if body.get("propagateTags") == "TASK_DEFINITION" else ""
    own = body.get("tags") or []
    context.store.tags[task.arn] = [*context.store.tags.get(propagated, []), *own]
    return replace(
        task,
        started_by=body.get("startedBy") or "",
        group=body.get("group") or task.group,
        overrides=body.get("overrides") or {},
        spec=spec,
    )


def _render(context: Context, task: Task, *, tags: bool) -> Json:
    shown = context.store.tags.get(task.arn, []) if tags else None
    return render.task(task, context.store.names.settings.region, shown)


async def stop_task(context: Context, body: Json) -> Json:
    cluster = context.store.cluster(body.get("cluster"))
    task = context.store.task(cluster, body["task"])
    if task is None:
        raise invalid("The referenced task was not found.")
    reason = body.get("reason") or "Task stopped by user"
    context.engine.stop_task(task, StopCode.USER, reason)
    return {"task": _render(context, task, tags=False)}


async def describe_tasks(context: Context, body: Json) -> Json:
    """Stopped tasks are described for an hour."""
    cluster, asked = context.store.cluster(body.get("cluster")), body["tasks"]
    if not 1 <= len(asked) <= MOST_DESCRIBED:
        raise invalid("Tasks cannot be empty, and at most 100.")
    tags = "TAGS" in (body.get("include") or [])
    found = {one: context.store.task(cluster, one) for one in asked}
    arn = context.store.names.arn
    return {
        "tasks": [_render(context, task, tags=tags) for task in found.values() if task],
        "failures": [
            missing(arn("task", cluster.name, short(one)))
            for one, task in found.items()
            if not task
        ],
    }


async def list_tasks(context: Context, body: Json) -> Json:
    """Filters are joined; without `desiredStatus` only tasks that should run are listed."""
    store = context.store
    cluster = store.cluster(body.get("cluster"))
    found = [t for t in store.tasks.values() if t.cluster == cluster.name]
    wanted = body.get("desiredStatus", "RUNNING")
    found = [task for task in found if task.desired == wanted]
    if name := body.get("serviceName"):
        service = store.service(cluster, name)
        found = [task for task in found if task.service == service.arn]
    if family := body.get("family"):
        found = [task for task in found if task.definition.family == family]
    if started_by := body.get("startedBy"):
        found = [task for task in found if task.started_by == started_by]
    if launch_type := body.get("launchType"):
        found = [task for task in found if task.spec.get("launchType") == launch_type]
    return page([task.arn for task in found], body, "taskArns")
