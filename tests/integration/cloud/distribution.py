"""A bucket behind a distribution, made through boto3 as Terraform makes them."""

import json
import time
import uuid
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.integration.local_cloud import Cloud

OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"
EVERY_METHOD = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]


def behavior(origin: str, policy: str = OPTIMIZED, **options: Any) -> dict[str, Any]:
    return {
        "TargetOriginId": origin,
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": policy,
        "Compress": True,
        **options,
    }


def methods(*names: str) -> dict[str, Any]:
    cached = {"Quantity": 2, "Items": ["GET", "HEAD"]}
    return {"Quantity": len(names), "Items": list(names), "CachedMethods": cached}


def items(*values: Any) -> dict[str, Any]:
    return {"Quantity": len(values), "Items": list(values)} if values else {"Quantity": 0}


@dataclass
class Site:
    """What a test made; `close` deletes it."""

    cloud: Cloud
    name: str = field(default_factory=lambda: f"site-{uuid.uuid4().hex[:12]}")
    id: str = ""
    arn: str = ""
    domain: str = ""

    def __post_init__(self) -> None:
        self.s3 = self.cloud.client("s3")
        self.cdn = self.cloud.client("cloudfront")
        self.s3.create_bucket(Bucket=self.name)
        reply = self.cdn.create_origin_access_control(
            OriginAccessControlConfig={
                "Name": self.name,
                "SigningProtocol": "sigv4",
                "SigningBehavior": "always",
                "OriginAccessControlOriginType": "s3",
            }
        )
        self.access = reply["OriginAccessControl"]["Id"]

    def bucket_origin(self, **options: Any) -> dict[str, Any]:
        return {
            "Id": "bucket",
            "DomainName": f"{self.name}.s3.us-east-1.amazonaws.com",
            "OriginAccessControlId": self.access,
            "S3OriginConfig": {"OriginAccessIdentity": ""},
            **options,
        }

    @staticmethod
    def custom_origin(domain: str, **options: Any) -> dict[str, Any]:
        config = {
            "HTTPPort": 80,
            "HTTPSPort": 443,
            "OriginProtocolPolicy": "http-only",
            "OriginSslProtocols": items("TLSv1.2"),
        }
        return {
            "Id": "app",
            "DomainName": domain,
            "CustomOriginConfig": {**config, **options},
        }

    def publish(
        self,
        default: dict[str, Any] | None = None,
        *,
        origins: list[dict[str, Any]] | None = None,
        readable: bool = True,
        tags: dict[str, str] | None = None,
        **options: Any,
    ) -> "Site":
        """Create the distribution; by default it serves the bucket with CachingOptimized."""
        config = {
            "CallerReference": self.name,
            "Comment": "",
            "Enabled": True,
            "DefaultRootObject": "index.html",
            "Origins": items(*(origins or [self.bucket_origin()])),
            "DefaultCacheBehavior": default or behavior("bucket"),
            **options,
        }
        made = self._create(config, tags or {})
        self.id, self.arn, self.domain = made["Id"], made["ARN"], made["DomainName"]
        if readable:
            self.allow("s3:GetObject", "/*")
        return self

    def _create(self, config: dict[str, Any], tags: dict[str, str]) -> Any:
        named = [{"Key": key, "Value": value} for key, value in tags.items()]
        wanted = {"DistributionConfig": config, "Tags": {"Items": named}}
        reply = self.cdn.create_distribution_with_tags(DistributionConfigWithTags=wanted)
        return reply["Distribution"]

    def allow(self, action: str, resource: str, *more: dict[str, Any], arn: str = "") -> None:
        """Make the bucket's policy one that lets the distribution do `action`."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": action,
            "Resource": f"arn:aws:s3:::{self.name}{resource}",
            "Condition": {"StringEquals": {"AWS:SourceArn": arn or self.arn}},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement, *more]}
        self.s3.put_bucket_policy(Bucket=self.name, Policy=json.dumps(policy))

    def put(self, key: str, body: bytes | str, kind: str = "text/html", cache: str = "") -> None:
        options = {"CacheControl": cache} if cache else {}
        self.s3.put_object(Bucket=self.name, Key=key, Body=body, ContentType=kind, **options)

    def policy(self, low: int, default: int, high: int, **keyed: Any) -> str:
        """Create a cache policy; return its id."""
        parameters = {
            "EnableAcceptEncodingGzip": True,
            "EnableAcceptEncodingBrotli": True,
            "HeadersConfig": {"HeaderBehavior": "none"},
            "CookiesConfig": {"CookieBehavior": "none"},
            "QueryStringsConfig": {"QueryStringBehavior": "none"},
            **keyed,
        }
        config = {
            "Name": f"policy-{uuid.uuid4().hex[:12]}",
            "MinTTL": low,
            "DefaultTTL": default,
            "MaxTTL": high,
            "ParametersInCacheKeyAndForwardedToOrigin": parameters,
        }
        reply = self.cdn.create_cache_policy(CachePolicyConfig=config)
        return str(reply["CachePolicy"]["Id"])

    def function(self, code: str, *, live: bool = True) -> dict[str, str]:
        """Create a function; return its ARN, name and ETag."""
        name = f"function-{uuid.uuid4().hex[:12]}"
        reply = self.cdn.create_function(
            Name=name,
            FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"},
            FunctionCode=code.encode(),
        )
        if live:
            self.cdn.publish_function(Name=name, IfMatch=reply["ETag"])
        arn = reply["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
        return {"arn": arn, "name": name, "etag": reply["ETag"]}

    @property
    def url(self) -> str:
        return self.cloud.site_url(self.id)

    def get(self, path: str = "/", method: str = "GET", **options: Any) -> httpx.Response:
        return httpx.request(method, f"{self.url}{path}", trust_env=False, timeout=30, **options)

    def cached(self, path: str = "/", **options: Any) -> str:
        """Return X-Cache without `from cloudfront`."""
        return self.get(path, **options).headers["x-cache"].removesuffix(" from cloudfront")

    def invalidate(self, *paths: str) -> dict[str, Any]:
        reply = self.cdn.create_invalidation(
            DistributionId=self.id,
            InvalidationBatch={"Paths": items(*paths), "CallerReference": uuid.uuid4().hex},
        )
        made: dict[str, Any] = reply["Invalidation"]
        return made

    def invalidated(self, *paths: str) -> None:
        """Invalidate, and wait until it is done."""
        made = self.invalidate(*paths)
        deadline = time.monotonic() + 10
        while self.progress(made["Id"]) != "Completed":
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def progress(self, invalidation: str) -> str:
        reply = self.cdn.get_invalidation(DistributionId=self.id, Id=invalidation)
        return str(reply["Invalidation"]["Status"])

    def update(self, **changes: Any) -> None:
        reply = self.cdn.get_distribution_config(Id=self.id)
        config = {**deepcopy(reply["DistributionConfig"]), **changes}
        self.cdn.update_distribution(Id=self.id, DistributionConfig=config, IfMatch=reply["ETag"])

    def close(self) -> None:
        if self.id:
            self.update(Enabled=False)
            etag = self.cdn.get_distribution_config(Id=self.id)["ETag"]
            self.cdn.delete_distribution(Id=self.id, IfMatch=etag)
