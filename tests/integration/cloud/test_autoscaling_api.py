"""Application Auto Scaling's API, as Terraform and boto3 use it.

https://docs.aws.amazon.com/autoscaling/application/APIReference/Welcome.html
"""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.local_cloud import Cloud

pytestmark = pytest.mark.ecs
POLICY = {
    "TargetValue": 70.0,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    "ScaleInCooldown": 60,
}


@pytest.fixture
def scaled(cloud: Cloud) -> Iterator[dict[str, Any]]:
    """What names the scalable target of a service with a desired count of 0."""
    ecs = cloud.client("ecs")
    name = f"scaled-{uuid.uuid4().hex[:8]}"
    ecs.create_cluster(clusterName=name)
    ecs.register_task_definition(
        family=name,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": f"{cloud.registry}/none:none"}],
    )
    ecs.create_service(
        cluster=name,
        serviceName=name,
        taskDefinition=name,
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": ["subnet-1"]}},
    )
    yield {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{name}/{name}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }
    ecs.delete_service(cluster=name, service=name, force=True)
    gone = ecs.get_waiter("services_inactive")
    gone.wait(cluster=name, services=[name], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    ecs.delete_cluster(cluster=name)


def desired(cloud: Cloud, scaled: dict[str, Any]) -> int:
    _, cluster, service = scaled["ResourceId"].split("/")
    reply = cloud.client("ecs").describe_services(cluster=cluster, services=[service])
    return int(reply["services"][0]["desiredCount"])


def test_a_target_is_kept_and_changed(cloud: Cloud, scaled: dict[str, Any]) -> None:
    scaling = cloud.client("application-autoscaling")
    arn = scaling.register_scalable_target(
        **scaled, MinCapacity=0, MaxCapacity=4, Tags={"team": "a"}
    )["ScalableTargetARN"]
    again = scaling.register_scalable_target(**scaled, MaxCapacity=6)
    assert again["ScalableTargetARN"] == arn
    found = scaling.describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[scaled["ResourceId"]]
    )["ScalableTargets"]
    assert [(item["MinCapacity"], item["MaxCapacity"]) for item in found] == [(0, 6)]
    assert found[0]["SuspendedState"]["DynamicScalingInSuspended"] is False
    assert found[0]["RoleARN"].endswith("AWSServiceRoleForApplicationAutoScaling_ECSService")
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"team": "a"}
    scaling.tag_resource(ResourceARN=arn, Tags={"stage": "x"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"stage": "x"}


def test_a_count_outside_the_bounds_is_corrected(cloud: Cloud, scaled: dict[str, Any]) -> None:
    """https://docs.aws.amazon.com/autoscaling/application/userguide/getting-started.html"""
    scaling = cloud.client("application-autoscaling")
    scaling.register_scalable_target(**scaled, MinCapacity=2, MaxCapacity=4)
    assert desired(cloud, scaled) == 2
    scaling.register_scalable_target(**scaled, MinCapacity=0, MaxCapacity=1)
    assert desired(cloud, scaled) == 1
    scaling.register_scalable_target(**scaled, MaxCapacity=4)
    assert desired(cloud, scaled) == 1
    activities = scaling.describe_scaling_activities(**scaled)["ScalingActivities"]
    assert [item["Description"] for item in activities] == [
        "Setting desired count to 1.",
        "Setting desired count to 2.",
    ]
    assert activities[0]["Cause"] == "maximum capacity was set to 1"


def test_policies(cloud: Cloud, scaled: dict[str, Any]) -> None:
    scaling = cloud.client("application-autoscaling")
    scaling.register_scalable_target(**scaled, MinCapacity=0, MaxCapacity=4)
    put = {
        **scaled,
        "PolicyName": "cpu",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": POLICY,
    }
    arn = scaling.put_scaling_policy(**put)["PolicyARN"]
    assert scaling.put_scaling_policy(**put)["PolicyARN"] == arn
    found = scaling.describe_scaling_policies(ServiceNamespace="ecs", PolicyNames=["cpu"])
    policy = next(p for p in found["ScalingPolicies"] if p["ResourceId"] == scaled["ResourceId"])
    assert policy["TargetTrackingScalingPolicyConfiguration"] == POLICY
    scaling.delete_scaling_policy(**scaled, PolicyName="cpu")
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        scaling.delete_scaling_policy(**scaled, PolicyName="cpu")


def test_deregistering_deletes_the_policies(cloud: Cloud, scaled: dict[str, Any]) -> None:
    scaling = cloud.client("application-autoscaling")
    scaling.register_scalable_target(**scaled, MinCapacity=0, MaxCapacity=4)
    scaling.put_scaling_policy(
        **scaled,
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=POLICY,
    )
    scaling.put_scheduled_action(**scaled, ScheduledActionName="night", Schedule="rate(1 day)")
    scaling.deregister_scalable_target(**scaled)
    assert scaling.describe_scaling_policies(**scaled)["ScalingPolicies"] == []
    assert scaling.describe_scheduled_actions(**scaled)["ScheduledActions"] == []
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        scaling.deregister_scalable_target(**scaled)


def test_what_is_refused(cloud: Cloud, scaled: dict[str, Any]) -> None:
    scaling = cloud.client("application-autoscaling")
    with pytest.raises(ClientError, match=r"ValidationException.*required"):
        scaling.register_scalable_target(**scaled)
    with pytest.raises(ClientError, match=r"ValidationException.*cannot be less"):
        scaling.register_scalable_target(**scaled, MinCapacity=3, MaxCapacity=2)
    with pytest.raises(ClientError, match="ObjectNotFoundException"):
        scaling.put_scaling_policy(**scaled, PolicyName="cpu")
    missing = {**scaled, "ResourceId": "service/none/none"}
    with pytest.raises(ClientError, match="ECS service doesn't exist"):
        scaling.register_scalable_target(**missing, MinCapacity=1, MaxCapacity=2)
    arn = "arn:aws:application-autoscaling:us-east-1:000000000000:scalable-target/0"
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        scaling.list_tags_for_resource(ResourceARN=arn)
