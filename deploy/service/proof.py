"""The proof of a rollout: the tasks that run are of this revision and of this image's digest."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.service.describe import read_tasks
from deploy.service.effects import Effects, patience

ATTEMPTS = 10  # a second apart: ECS's lists lag behind its decisions


@dataclass(frozen=True)
class Proof:
    """`tasks` are the ARNs that were looked at, `doubts` say what runs instead: none = proven."""

    tasks: tuple[str, ...]
    doubts: tuple[str, ...]


def judge(
    tasks: Sequence[Mapping[str, Any]], container: str, definition: str, digests: Collection[str]
) -> Proof:
    """Return the proof that each running task is of `definition` and has one of `digests`. Pure.

    `digests` are the deployed one and, if it is an image index, those of its manifests: ECS
    reports the digest of the manifest that it resolved. A task that is yet to start proves nothing.
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Container.html
    """
    running = [task for task in tasks if task.get("lastStatus") == "RUNNING"]
    doubts = [doubt for task in running for doubt in _doubts(task, container, definition, digests)]
    if not running:
        doubts.append("no task of the service is running")
    return Proof(tuple(task["taskArn"] for task in running), tuple(doubts))


def _doubts(
    task: Mapping[str, Any], container: str, definition: str, digests: Collection[str]
) -> list[str]:
    name = task["taskArn"].rpartition("/")[2]
    if task.get("taskDefinitionArn") != definition:
        return [f"task {name} runs {task.get('taskDefinitionArn', '').rpartition('/')[2]}"]
    found = [entry for entry in task.get("containers", []) if entry.get("name") == container]
    if not found:
        return [f"task {name} has no container {container}"]
    digest = found[0].get("imageDigest") or "an unknown digest"
    return [] if digest in digests else [f"task {name} runs {digest}"]


def prove(
    effects: Effects,
    cluster: str,
    service: str,
    *,
    container: str,
    definition: str,
    digests: Collection[str],
) -> Proof:
    """Return the proof, looking again for some seconds while there are doubts."""
    proof = Proof((), ())
    for attempt in range(ATTEMPTS):
        if attempt:
            effects.sleep(1.0)
        try:
            tasks = read_tasks(effects.ecs, cluster, service, "RUNNING")
        except Exception as error:
            if not patience(error):
                raise
            proof = Proof((), (f"the running tasks can't be read: {error}",))
            continue
        proof = judge(tasks, container, definition, digests)
        if not proof.doubts:
            break
    return proof
