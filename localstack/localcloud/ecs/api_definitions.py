"""Task definitions.

https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html
"""

from localcloud.ecs import definitions, render
from localcloud.ecs.context import Context, Json, invalid, page
from localcloud.ecs.model import TaskDefinition
from localcloud.wire import ApiError


async def register_task_definition(context: Context, body: Json) -> Json:
    """Revisions count up and are never used again, also after a deletion."""
    store, family = context.store, body["family"]
    definitions.check(body)
    number = store.revisions.get(family, 0) + 1
    store.revisions[family] = number
    found = TaskDefinition(
        arn=store.names.arn("task-definition", f"{family}:{number}"),
        family=family,
        revision=number,
        body={**definitions.stored(body), "registeredBy": store.names.caller},
        registered_at=context.clock(),
    )
    store.definitions.setdefault(family, {})[number] = found
    store.tags[found.arn] = body.get("tags") or []
    return {"taskDefinition": render.definition(found), "tags": store.tags[found.arn]}


async def describe_task_definition(context: Context, body: Json) -> Json:
    found = context.store.definition(body["taskDefinition"])
    tags = context.store.tags.get(found.arn, []) if "TAGS" in (body.get("include") or []) else []
    return {"taskDefinition": render.definition(found), "tags": tags}


async def list_task_definitions(context: Context, body: Json) -> Json:
    """`familyPrefix` is the whole family name, in spite of what it is called."""
    family, status = body.get("familyPrefix"), body.get("status", "ACTIVE")
    found = [
        one
        for known in context.store.definitions.values()
        for one in known.values()
        if one.status == status and family in (None, one.family)
    ]
    found.sort(key=lambda d: (d.family, d.revision), reverse=body.get("sort") == "DESC")
    return page([one.arn for one in found], body, "taskDefinitionArns")


async def list_task_definition_families(context: Context, body: Json) -> Json:
    prefix, status = body.get("familyPrefix") or "", body.get("status", "ACTIVE")
    families = [
        family
        for family, known in sorted(context.store.definitions.items())
        if family.startswith(prefix) and known and _shown(known, status)
    ]
    return page(families, body, "families")


def _shown(known: dict[int, TaskDefinition], status: str) -> bool:
    active = any(one.status == "ACTIVE" for one in known.values())
    return status == "ALL" or active == (status == "ACTIVE")


async def deregister_task_definition(context: Context, body: Json) -> Json:
    """An INACTIVE definition still serves the services and tasks that use it."""
    if ":" not in body["taskDefinition"].rsplit("/", 1)[-1]:
        raise invalid(f"Invalid revision number. Number: {body['taskDefinition']}")
    found = context.store.definition(body["taskDefinition"])
    if found.status == "ACTIVE":
        found.status, found.deregistered_at = "INACTIVE", context.clock()
    return {"taskDefinition": render.definition(found)}


async def delete_task_definitions(context: Context, body: Json) -> Json:
    deleted, failures = [], []
    for reference in body["taskDefinitions"]:
        try:
            found = _deletable(context, reference)
        except ApiError as error:
            failures.append({"arn": reference, "reason": error.message})
            continue
        found.status = "DELETE_IN_PROGRESS"
        if not _referenced(context, found):
            del context.store.definitions[found.family][found.revision]
        deleted.append(render.definition(found))
    return {"taskDefinitions": deleted, "failures": failures}


def _deletable(context: Context, reference: str) -> TaskDefinition:
    found = context.store.definition(reference)
    if found.status == "ACTIVE":
        raise invalid("The specified task definition is still in ACTIVE status.")
    return found


def _referenced(context: Context, found: TaskDefinition) -> bool:
    """Whether a service or a task still uses it: then it stays in DELETE_IN_PROGRESS.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/delete-task-definition-v2.html
    """
    services = context.store.services.values()
    revisions = (r for s in services if s.status != "INACTIVE" for r in s.revisions.values())
    return found.arn in {r.definition_arn for r in revisions} or any(
        task.definition is found for task in context.store.tasks.values()
    )
