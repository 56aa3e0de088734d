"""The door itself: what is passed on stays whole, what is answered here says so."""

import os
from pathlib import Path

import httpx
import pytest
from botocore.exceptions import ClientError

from tests.integration.local_cloud import Cloud, start
from tests.ports import free_port, free_range

pytestmark = pytest.mark.ecs
MEGABYTE = 1024 * 1024


def test_health_and_status(cloud: Cloud) -> None:
    with httpx.Client(base_url=cloud.endpoint, trust_env=False) as client:
        assert "s3" in client.get("/_localstack/health").json()["services"]
        assert client.get("/_ministack/health").status_code == 200
        status = client.get("/_localcloud/status").json()
    assert status["version"] == "1.5.33"
    assert status["instance"] == cloud.instance
    assert status["pid"] == cloud.pid
    assert isinstance(status["listeners"], list)
    assert isinstance(status["containers"], list)


def test_only_loopback_listens(cloud: Cloud) -> None:
    """No other address of this machine answers."""
    listening = {
        line.split()[1]
        for table in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        if line.split()[3] == "0A"
    }
    port = f"{cloud.port:04X}"
    hosts = {address.partition(":")[0] for address in listening if address.endswith(f":{port}")}
    assert hosts <= {"0100007F", "00000000000000000000000001000000"}
    assert hosts


def test_a_large_object_passes(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="gateway-large")
    body = os.urandom(64 * MEGABYTE)
    s3.put_object(Bucket="gateway-large", Key="key", Body=body)
    assert s3.get_object(Bucket="gateway-large", Key="key")["Body"].read() == body


def test_an_unknown_action_of_ours_is_refused(cloud: Cloud) -> None:
    reply = httpx.post(
        cloud.endpoint,
        headers={"X-Amz-Target": "AnyScaleFrontendService.Nonsense"},
        content=b"{}",
        trust_env=False,
    )
    assert reply.status_code == 400
    assert reply.json()["__type"] == "UnknownOperationException"
    assert reply.headers["x-amzn-errortype"] == "UnknownOperationException"


def test_a_body_that_is_no_json_is_refused(cloud: Cloud) -> None:
    reply = httpx.post(
        cloud.endpoint,
        headers={"X-Amz-Target": "AnyScaleFrontendService.DescribeScalableTargets"},
        content=b"nonsense",
        trust_env=False,
    )
    assert reply.json()["__type"] == "SerializationException"


def test_a_missing_parameter_is_refused(cloud: Cloud) -> None:
    reply = httpx.post(
        cloud.endpoint,
        headers={"X-Amz-Target": "AnyScaleFrontendService.DescribeScalableTargets"},
        content=b"{}",
        trust_env=False,
    )
    assert reply.json()["__type"] == "ValidationException"
    assert "ServiceNamespace" in reply.json()["message"]


def test_other_regions_have_their_own_load_balancers(cloud: Cloud) -> None:
    here, there = cloud.client("elbv2"), None
    name = "gateway-regions"
    arn = here.create_load_balancer(Name=name, Subnets=["subnet-1"])["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    from localstack_client.session import Session

    host = cloud.endpoint.removeprefix("http://")
    there = Session(region_name="eu-west-1", localstack_host=host).client("elbv2")
    with pytest.raises(ClientError, match="LoadBalancerNotFound"):
        there.describe_load_balancers(Names=[name])
    config = {"StatusCode": "200", "MessageBody": "there", "ContentType": "text/plain"}
    other = there.create_load_balancer(Name=name, Subnets=["subnet-1"])["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    there.create_listener(
        LoadBalancerArn=other,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": config}],
    )
    assert httpx.get(cloud.listener_url(name), trust_env=False).text == "there"
    here.delete_load_balancer(LoadBalancerArn=arn)
    assert httpx.get(cloud.listener_url(name), trust_env=False).text == "there"
    there.delete_load_balancer(LoadBalancerArn=other)


def test_a_taken_port_is_said_and_by_whom(cloud: Cloud, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=rf"Port {cloud.port} is taken by a local cloud"):
        start(tmp_path / "log", cloud.port, free_range())


def test_another_cloud_runs_beside_it(cloud: Cloud, tmp_path: Path) -> None:
    other, process = start(tmp_path / "log", free_port(), free_range())
    try:
        other.client("s3").create_bucket(Bucket="only-there")
        buckets = cloud.client("s3").list_buckets()["Buckets"]
        assert "only-there" not in {bucket["Name"] for bucket in buckets}
    finally:
        process.terminate()
        assert process.wait(30) == 0
