"""The checks of one site of deploy.toml, and the reads of AWS that they judge."""

from collections.abc import Callable
from functools import partial
from typing import Any

from deploy.doctor import judge
from deploy.doctor.check import PARAMETER, Check, Finding, Known, ng, ok
from deploy.target import SiteTarget, Target

Client = Callable[[str], Any]  # "s3" -> a boto3 client


class SiteChecks:
    """Checks of one site in an environment. None of them writes anything."""

    def __init__(self, name: str, environment: str, client: Client) -> None:
        self.name, self.environment, self.client = name, environment, client
        self.group = f"site {name}"

    def checks(self) -> tuple[Check, ...]:
        made = partial(Check, self.group)
        there = (f"{self.group}/infrastructure",)
        return (
            made("infrastructure", self.infrastructure, (PARAMETER,)),
            made("bucket", self.bucket, there),
            made("not public", self.private, there),
            made("distribution", self.distribution, there),
        )

    def infrastructure(self, known: Known) -> Finding:
        target: Target = known[PARAMETER]
        if self.name not in target.sites:
            remedy = f"create it: `invoke infra.apply --env {self.environment}`"
            return ng("the deploy parameter has no such site", remedy)
        return ok(target.sites[self.name].url, target.sites[self.name])

    def bucket(self, known: Known) -> Finding:
        bucket = self._place(known).bucket
        versioning = self.client("s3").get_bucket_versioning(Bucket=bucket)
        return judge.versioned(versioning, bucket, self.environment)

    def private(self, known: Known) -> Finding:
        from botocore.exceptions import ClientError

        try:
            reply = self.client("s3").get_public_access_block(Bucket=self._place(known).bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchPublicAccessBlockConfiguration":
                raise
            reply = {}
        configuration = reply.get("PublicAccessBlockConfiguration", {})
        return judge.private(configuration, self.environment)

    def distribution(self, known: Known) -> Finding:
        name = self._place(known).distribution
        cloudfront = self.client("cloudfront")
        try:
            found = cloudfront.get_distribution(Id=name)["Distribution"]
        except cloudfront.exceptions.NoSuchDistribution:
            remedy = f"`invoke infra.apply --env {self.environment}`"
            return ng(f"there is no distribution {name}", remedy)
        return judge.distribution(found, self.environment)

    def _place(self, known: Known) -> SiteTarget:
        place: SiteTarget = known[f"{self.group}/infrastructure"]
        return place
