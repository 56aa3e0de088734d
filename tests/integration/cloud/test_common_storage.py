"""What a deploy needs of S3, STS, SSM, Secrets Manager and CloudWatch Logs, on any cloud."""

import base64
import hashlib
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.local_cloud import Cloud, eventually


@pytest.fixture
def bucket(cloud: Cloud) -> str:
    name = f"common-{uuid.uuid4().hex[:12]}"
    cloud.client("s3").create_bucket(Bucket=name)
    return name


def refused(call: Any, **arguments: Any) -> str:
    """Return the code of the error that the call must end with."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


def test_an_object_is_created_only_once(cloud: Cloud, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html"""
    s3 = cloud.client("s3")
    s3.put_object(Bucket=bucket, Key="lock", Body=b"mine", IfNoneMatch="*")
    again = {"Bucket": bucket, "Key": "lock", "Body": b"yours", "IfNoneMatch": "*"}
    assert refused(s3.put_object, **again) == "PreconditionFailed"
    assert s3.get_object(Bucket=bucket, Key="lock")["Body"].read() == b"mine"
    s3.delete_object(Bucket=bucket, Key="lock")
    s3.put_object(**again)


def test_of_many_at_once_one_wins(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3")

    def take(number: int) -> bool:
        try:
            s3.put_object(Bucket=bucket, Key="race", Body=str(number).encode(), IfNoneMatch="*")
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(24))) == 1


def test_an_object_is_replaced_only_if_it_is_the_one(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3")
    first = s3.put_object(Bucket=bucket, Key="state", Body=b"1")["ETag"]
    s3.put_object(Bucket=bucket, Key="state", Body=b"2", IfMatch=first)
    stale = {"Bucket": bucket, "Key": "state", "Body": b"3", "IfMatch": first}
    assert refused(s3.put_object, **stale) == "PreconditionFailed"


def test_a_checksum_is_kept_and_checked(cloud: Cloud, bucket: str) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html"""
    s3, body = cloud.client("s3"), b"content"
    right = base64.b64encode(hashlib.sha256(body).digest()).decode()
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    s3.put_object(Bucket=bucket, Key="sum", Body=body, ChecksumSHA256=right)
    head = s3.head_object(Bucket=bucket, Key="sum", ChecksumMode="ENABLED")
    assert head["ChecksumSHA256"] == right
    bad = {"Bucket": bucket, "Key": "bad", "Body": body, "ChecksumSHA256": wrong}
    assert refused(s3.put_object, **bad) in (
        "BadDigest",
        "InvalidRequest",
        "XAmzContentChecksumMismatch",
    )
    assert refused(s3.head_object, Bucket=bucket, Key="bad") == "404"


def test_headers_of_an_object_come_back(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3")
    headers = {"ContentType": "text/html; charset=utf-8", "CacheControl": "no-cache"}
    s3.put_object(Bucket=bucket, Key="page", Body=b"<p>", Metadata={"digest": "x"}, **headers)
    head = s3.head_object(Bucket=bucket, Key="page")
    assert {name: head[name] for name in headers} == headers
    assert head["Metadata"] == {"digest": "x"}


def test_listing_pages_through_everything(cloud: Cloud, bucket: str) -> None:
    s3 = cloud.client("s3")
    for number in range(7):
        s3.put_object(Bucket=bucket, Key=f"a/{number}", Body=b"")
    s3.put_object(Bucket=bucket, Key="b/0", Body=b"")
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix="a/", PaginationConfig={"PageSize": 3}
    )
    keys = [item["Key"] for page in pages for item in page["Contents"]]
    assert keys == [f"a/{number}" for number in range(7)]


def test_who_am_i(cloud: Cloud) -> None:
    identity = cloud.client("sts").get_caller_identity()
    assert identity["Account"] == "000000000000"
    assert identity["Arn"].startswith("arn:aws:")


def test_a_parameter_is_not_overwritten_by_accident(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html"""
    ssm, name = cloud.client("ssm"), f"/common/{uuid.uuid4().hex}"
    ssm.put_parameter(Name=name, Value="1", Type="String")
    again = {"Name": name, "Value": "2", "Type": "String"}
    assert refused(ssm.put_parameter, **again) == "ParameterAlreadyExists"
    assert ssm.put_parameter(**again, Overwrite=True)["Version"] == 2
    found = ssm.get_parameter(Name=name)["Parameter"]
    assert (found["Value"], found["Version"]) == ("2", 2)
    assert refused(ssm.get_parameter, Name=f"{name}-not") == "ParameterNotFound"


def test_a_secure_parameter_is_decrypted_on_request(cloud: Cloud) -> None:
    ssm, name = cloud.client("ssm"), f"/common/{uuid.uuid4().hex}"
    ssm.put_parameter(Name=name, Value="secret", Type="SecureString")
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] != "secret"
    plain = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    assert plain["Value"] == "secret"


def test_a_secret_keeps_its_versions(cloud: Cloud) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html"""
    secrets, name = cloud.client("secretsmanager"), f"common-{uuid.uuid4().hex}"
    first = secrets.create_secret(Name=name, SecretString="one")
    second = secrets.put_secret_value(SecretId=name, SecretString="two")
    assert first["VersionId"] != second["VersionId"]
    assert secrets.get_secret_value(SecretId=name)["SecretString"] == "two"
    before = secrets.get_secret_value(SecretId=first["ARN"], VersionStage="AWSPREVIOUS")
    assert before["SecretString"] == "one"
    exact = secrets.get_secret_value(SecretId=name, VersionId=first["VersionId"])
    assert exact["SecretString"] == "one"
    missing = refused(secrets.get_secret_value, SecretId=f"{name}-not")
    assert missing == "ResourceNotFoundException"


def test_log_lines_are_found(cloud: Cloud) -> None:
    logs, group = cloud.client("logs"), f"/common/{uuid.uuid4().hex}"
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="app/1")
    now = int(time.time() * 1000)
    events = [
        {"timestamp": now, "message": "started"},
        {"timestamp": now + 1, "message": "ERROR out of paper"},
    ]
    logs.put_log_events(logGroupName=group, logStreamName="app/1", logEvents=events)

    def found(**filters: Any) -> list[str]:
        reply = logs.filter_log_events(logGroupName=group, **filters)
        return [event["message"] for event in reply["events"]]

    assert eventually(lambda: len(found()) == 2 and found()) == ["started", "ERROR out of paper"]
    assert found(logStreamNames=["app/1"]) == found()
    assert found(startTime=now + 1) == ["ERROR out of paper"]
    page = logs.get_log_events(
        logGroupName=group, logStreamName="app/1", startFromHead=False, limit=1
    )
    assert [event["message"] for event in page["events"]] == ["ERROR out of paper"]
    assert (
        refused(logs.filter_log_events, logGroupName=f"{group}-not") == "ResourceNotFoundException"
    )
