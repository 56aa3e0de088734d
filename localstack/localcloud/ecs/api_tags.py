"""Tags. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html"""

from localcloud.ecs.context import Context, Json, invalid


def _known(context: Context, arn: str) -> str:
    store = context.store
    services = {service.arn for service in store.services.values()}
    clusters = {cluster.arn for cluster in store.clusters.values()}
    tasks = {task.arn for task in store.tasks.values()}
    definitions = {d.arn for known in store.definitions.values() for d in known.values()}
    if arn not in services | clusters | tasks | definitions:
        raise invalid("The specified resource could not be found.")
    return arn


async def tag_resource(context: Context, body: Json) -> Json:
    arn = _known(context, body["resourceArn"])
    tags = {tag.get("key"): tag for tag in [*context.store.tags.get(arn, []), *body["tags"]]}
    context.store.tags[arn] = list(tags.values())
    return {}


async def untag_resource(context: Context, body: Json) -> Json:
    arn = _known(context, body["resourceArn"])
    kept = [t for t in context.store.tags.get(arn, []) if t.get("key") not in body["tagKeys"]]
    context.store.tags[arn] = kept
    return {}


async def list_tags_for_resource(context: Context, body: Json) -> Json:
    return {"tags": context.store.tags.get(_known(context, body["resourceArn"]), [])}
