"""Application Auto Scaling: its API, and the bounds that it keeps.

Policies are stored, not acted on: nothing here measures CPU or memory. A capacity outside the
bounds is corrected when the target is registered, as AWS does.
https://docs.aws.amazon.com/autoscaling/application/userguide/getting-started.html
"""

import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from localcloud.capacity import Capacity
from localcloud.settings import Settings
from localcloud.wire import ApiError, validate

_ROLE = (
    "arn:aws:iam::{account}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_ECSService"
)
_RUNNING = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}
Key = tuple[str, str, str]
Stored = dict[str, Any]


class AutoScalingApi:
    """Implements `localcloud.ports.JsonApi`. `clock` returns Unix time in seconds."""

    def __init__(
        self, capacity: Capacity, settings: Settings, clock: Callable[[], float] = time.time
    ) -> None:
        self._capacity = capacity
        self._settings = settings
        self._clock = clock
        self._targets: dict[Key, Stored] = {}
        self._policies: dict[tuple[Key, str], Stored] = {}
        self._schedules: dict[tuple[Key, str], Stored] = {}
        self._activities: list[Stored] = []
        self._tags: dict[str, dict[str, str]] = {}
        self._actions: Mapping[str, Callable[[Stored], Awaitable[Stored]]] = {
            "RegisterScalableTarget": self._register,
            "DescribeScalableTargets": self._describe_targets,
            "DeregisterScalableTarget": self._deregister,
            "PutScalingPolicy": self._put_policy,
            "DescribeScalingPolicies": self._describe_policies,
            "DeleteScalingPolicy": self._delete_policy,
            "PutScheduledAction": self._put_schedule,
            "DescribeScheduledActions": self._describe_schedules,
            "DeleteScheduledAction": self._delete_schedule,
            "DescribeScalingActivities": self._describe_activities,
            "TagResource": self._tag,
            "UntagResource": self._untag,
            "ListTagsForResource": self._list_tags,
        }

    async def call(self, action: str, body: Stored) -> Stored:
        validate("application-autoscaling", action, body)
        if action not in self._actions:
            raise ApiError("UnknownOperationException", f"the local cloud has no {action}")
        return await self._actions[action](body)

    async def _register(self, body: Stored) -> Stored:
        key = _key(body)
        target = {**(self._targets.get(key) or self._new_target()), **body}
        tags = target.pop("Tags", {})
        _check_bounds(target)
        current = await self._current(key)
        self._targets[key] = target
        arn = target["ScalableTargetARN"]
        self._tags.setdefault(arn, {}).update(tags)
        if current is not None:
            await self._keep_bounds(target, current)
        return {"ScalableTargetARN": arn}

    def _new_target(self) -> Stored:
        return {
            "ScalableTargetARN": self._arn("application-autoscaling", "scalable-target/{}"),
            "CreationTime": self._clock(),
            "RoleARN": _ROLE.format(account=self._settings.account),
            "SuspendedState": dict(_RUNNING),
        }

    async def _current(self, key: Key) -> int | None:
        namespace, resource, _ = key
        if namespace != "ecs":
            return None
        count = await self._capacity.read(resource) if resource.count("/") > 1 else None
        if count is None:
            raise ApiError("ValidationException", f"ECS service doesn't exist: {resource}")
        return count

    async def _keep_bounds(self, target: Stored, current: int) -> None:
        wanted = min(max(current, target["MinCapacity"]), target["MaxCapacity"])
        if wanted == current:
            return
        await self._capacity.write(target["ResourceId"], wanted)
        bound = "minimum" if wanted > current else "maximum"
        self._activities.insert(0, self._activity(target, wanted, bound))

    def _activity(self, target: Stored, count: int, bound: str) -> Stored:
        now = self._clock()
        return {
            **_identity(target),
            "ActivityId": str(uuid.uuid4()),
            "Description": f"Setting desired count to {count}.",
            "Cause": f"{bound} capacity was set to {count}",
            "StartTime": now,
            "EndTime": now,
            "StatusCode": "Successful",
        }

    async def _describe_targets(self, body: Stored) -> Stored:
        wanted = body.get("ResourceIds")
        found = [
            target
            for target in _matching(self._targets.values(), body)
            if not wanted or target["ResourceId"] in wanted
        ]
        return {"ScalableTargets": found}

    async def _deregister(self, body: Stored) -> Stored:
        key = _key(body)
        target = self._targets.pop(key, None)
        if target is None:
            raise _not_found("scalable target", key)
        self._tags.pop(target["ScalableTargetARN"], None)
        self._policies = {k: v for k, v in self._policies.items() if k[0] != key}
        self._schedules = {k: v for k, v in self._schedules.items() if k[0] != key}
        return {}

    async def _put_policy(self, body: Stored) -> Stored:
        key, name = self._owned(body), body["PolicyName"]
        pattern = f"scalingPolicy:{{}}:resource/{key[0]}/{key[1]}:policyName/{name}"
        policy = self._policies.get((key, name)) or {
            "PolicyARN": self._arn("autoscaling", pattern),
            "CreationTime": self._clock(),
            "PolicyType": "StepScaling",
            "Alarms": [],
        }
        self._policies[key, name] = {**policy, **body}
        return {"PolicyARN": policy["PolicyARN"], "Alarms": []}

    async def _describe_policies(self, body: Stored) -> Stored:
        names = body.get("PolicyNames")
        found = [
            policy
            for policy in _matching(self._policies.values(), body)
            if not names or policy["PolicyName"] in names
        ]
        return {"ScalingPolicies": found}

    async def _delete_policy(self, body: Stored) -> Stored:
        key, name = _key(body), body["PolicyName"]
        if self._policies.pop((key, name), None) is None:
            raise _not_found("scaling policy", key, f", policy name: {name}")
        return {}

    async def _put_schedule(self, body: Stored) -> Stored:
        key, name = self._owned(body), body["ScheduledActionName"]
        pattern = f"scheduledAction:{{}}:resource/{key[0]}/{key[1]}:scheduledActionName/{name}"
        schedule = self._schedules.get((key, name)) or {
            "ScheduledActionARN": self._arn("autoscaling", pattern),
            "CreationTime": self._clock(),
        }
        self._schedules[key, name] = {**schedule, **body}
        return {}

    async def _describe_schedules(self, body: Stored) -> Stored:
        names = body.get("ScheduledActionNames")
        found = [
            schedule
            for schedule in _matching(self._schedules.values(), body)
            if not names or schedule["ScheduledActionName"] in names
        ]
        return {"ScheduledActions": found}

    async def _delete_schedule(self, body: Stored) -> Stored:
        key, name = _key(body), body["ScheduledActionName"]
        if self._schedules.pop((key, name), None) is None:
            raise _not_found("scheduled action", key, f", scheduled action name: {name}")
        return {}

    async def _describe_activities(self, body: Stored) -> Stored:
        return {"ScalingActivities": _matching(self._activities, body)}

    async def _tag(self, body: Stored) -> Stored:
        self._tagged(body).update(body["Tags"])
        return {}

    async def _untag(self, body: Stored) -> Stored:
        tags = self._tagged(body)
        for name in body["TagKeys"]:
            tags.pop(name, None)
        return {}

    async def _list_tags(self, body: Stored) -> Stored:
        return {"Tags": self._tagged(body)}

    def _tagged(self, body: Stored) -> dict[str, str]:
        arn = body["ResourceARN"]
        if arn not in self._tags:
            raise ApiError("ResourceNotFoundException", f"The resource doesn't exist: {arn}")
        return self._tags[arn]

    def _owned(self, body: Stored) -> Key:
        key = _key(body)
        if key not in self._targets:
            raise _not_found("scalable target", key)
        return key

    def _arn(self, service: str, pattern: str) -> str:
        home = f"arn:aws:{service}:{self._settings.region}:{self._settings.account}"
        return f"{home}:{pattern.format(uuid.uuid4())}"


def _key(body: Stored) -> Key:
    return body["ServiceNamespace"], body["ResourceId"], body["ScalableDimension"]


def _identity(body: Stored) -> Stored:
    return {name: body[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")}


def _matching(stored: Any, body: Stored) -> list[Stored]:
    asked = {
        name: body[name]
        for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")
        if name in body
    }
    return [item for item in stored if all(item[name] == asked[name] for name in asked)]


def _check_bounds(target: Stored) -> None:
    if "MinCapacity" not in target or "MaxCapacity" not in target:
        text = "MinCapacity and MaxCapacity are required to register a new scalable target"
        raise ApiError("ValidationException", text)
    if target["MaxCapacity"] < target["MinCapacity"]:
        text = "Maximum capacity cannot be less than minimum capacity"
        raise ApiError("ValidationException", text)


def _not_found(what: str, key: Key, more: str = "") -> ApiError:
    namespace, resource, dimension = key
    return ApiError(
        "ObjectNotFoundException",
        f"No {what} found for service namespace: {namespace}, resource ID: {resource}, "
        f"scalable dimension: {dimension}{more}",
    )
