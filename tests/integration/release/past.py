"""A service without tasks that was released some times, with images and a site: all of a past that
can be returned to, and no container.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from deploy.config.model import Build, Config, Environment, Service, Site
from deploy.events import Event, Finished, PlanShown
from deploy.pruning import PruneOptions, prune
from deploy.release.archive import read
from deploy.release.record import Record, SiteRecord
from deploy.rollback import RollbackOptions, rollback
from tests.integration.local_cloud import eventually
from tests.integration.release.project import Project

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


class Past(Project):
    """Revision N was released with image N, by the release that ends in NNNNNNN."""

    def __post_init__(self) -> None:
        self.digests: list[str] = []
        self.ecr = self.cloud.client("ecr")
        self.ecr.create_repository(repositoryName=self.name)
        super().__post_init__()
        self.s3.put_bucket_versioning(
            Bucket=f"{self.name}-site", VersioningConfiguration={"Status": "Enabled"}
        )

    def image(self, **manifest: Any) -> str:
        """Store an image that is like no other; return its digest."""
        kind = INDEX if "manifests" in manifest else MANIFEST
        text = json.dumps(
            {"schemaVersion": 2, "n": len(self.digests), "mediaType": kind} | manifest
        )
        digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        self.ecr.put_image(
            repositoryName=self.name,
            imageManifest=text,
            imageManifestMediaType=kind,
            imageTag=f"src-{digest[-16:]}",
        )
        self.digests.append(digest)
        return digest

    def reference(self) -> str:
        return f"localhost:4566/{self.name}@{self.image()}"

    def parameter(self) -> None:
        super().parameter()
        ssm, name = self.cloud.client("ssm"), f"/{self.name}/local/deploy"
        value = json.loads(ssm.get_parameter(Name=name)["Parameter"]["Value"])
        value["services"]["api"]["repository"] = self.name
        ssm.put_parameter(Name=name, Value=json.dumps(value), Type="String", Overwrite=True)

    def live(self, number: int) -> None:  # type: ignore[override]
        """Let revision `number` run, once its rollout is over, and be recorded with all before."""
        for each in range(number + 1):
            self.record(each)
        self.runs(number)
        self.settled()

    def settled(self) -> None:
        eventually(lambda: self.service["deployments"][0]["rolloutState"] == "COMPLETED")

    @property
    def service(self) -> dict[str, Any]:
        reply = self.ecs.describe_services(cluster=self.name, services=["api"])
        found: dict[str, Any] = reply["services"][0]
        return found

    @property
    def config(self) -> Config:
        return self.config_at(self.cloud.endpoint)

    def config_at(self, endpoint: str) -> Config:
        build = Build(Path("/app"), Path("/app/Dockerfile"))
        sites = {"web": Site("web", Path("/web"), Path("/web/dist"))}
        environment = Environment("local", "us-east-1", endpoint=endpoint)
        return Config(Path("/"), self.name, environment, {"api": Service("api", build, 80)}, sites)

    def rollback(self, **options: Any) -> tuple[int, list[Event]]:
        return self._run(lambda emit: rollback(self.config, RollbackOptions(**options), emit))

    def prune(self, config: Config | None = None, **options: Any) -> tuple[int, list[Event]]:
        return self._run(lambda emit: prune(config or self.config, PruneOptions(**options), emit))

    def _run(self, action: Callable[[Callable[[Event], None]], int]) -> tuple[int, list[Event]]:
        events: list[Event] = []
        return action(events.append), events

    @property
    def active(self) -> list[int]:
        """The numbers, from 0, of the revisions that are ACTIVE."""
        found = self.ecs.list_task_definitions(familyPrefix=self.name, status="ACTIVE")
        return [self.arns.index(arn) for arn in found["taskDefinitionArns"]]

    @property
    def images(self) -> set[str]:
        found = self.ecr.describe_images(repositoryName=self.name)["imageDetails"]
        return {image["imageDigest"] for image in found}

    @property
    def records(self) -> tuple[Record, ...]:
        return read(self.objects).records

    def with_site(self, number: int, release: str) -> Record:
        return self.record(number, sites={"web": SiteRecord(release, "", "succeeded")})

    def world(self) -> tuple[object, ...]:
        """All that a rollback or a prune could have written."""
        kept = [replace(record, token=0) for record in self.records]
        return self.service["deployments"][0]["id"], self.active, self.images, kept


def finished(events: list[Event]) -> Finished:
    (end,) = [event for event in events if isinstance(event, Finished)]
    return end


def lines(events: list[Event]) -> list[str]:
    shown = [event for event in events if isinstance(event, PlanShown)]
    return [f"{c.sign} {c.subject}  {c.reason}" for event in shown for c in event.changes]
