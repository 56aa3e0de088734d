"""The checks of one service of deploy.toml, and the reads of AWS that they judge."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from deploy.config.model import Service
from deploy.doctor import judge
from deploy.doctor.check import CLUSTER, PARAMETER, Check, Finding, Known, ng, ok, skip
from deploy.doctor.grants import of_execution
from deploy.doctor.permissions import simulate
from deploy.secret_names import Reference, parse
from deploy.target import ServiceTarget, Target

Client = Callable[[str], Any]  # "ecs" -> a boto3 client
Fetch = Callable[[str], bytes]  # of a URL that needs no credentials

MEDIA_TYPES = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
]


class ServiceChecks:
    """Checks of one service in an environment. None of them writes anything."""

    def __init__(
        self, service: Service, project: str, environment: str, client: Client, fetch: Fetch
    ) -> None:
        self.service, self.project, self.environment = service, project, environment
        self.client, self.fetch = client, fetch
        self.group = f"service {service.name}"

    def checks(self) -> tuple[Check, ...]:
        made = partial(Check, self.group)
        there = (f"{self.group}/infrastructure",)
        placed = (*there, PARAMETER)
        name = self.environment
        entry = there[0]
        return (
            made("infrastructure", self.infrastructure, (PARAMETER, CLUSTER)),
            made("repository", self.repository, placed),
            made("secrets", self.secrets, (PARAMETER,)),
            made("execution role", self.execution_role, placed),
            made("running image", self.image, placed),
            made("circuit breaker", lambda k: judge.circuit_breaker(k[entry], name), there),
            made("grace period", lambda k: judge.grace_period(k[entry], self.service, name), there),
            made("shell", self.session, there),
        )

    def infrastructure(self, known: Known) -> Finding:
        place = self._place(known)
        service = place.service if place else self.service.name
        entry = known[CLUSTER].get(service) if place else None
        return judge.infrastructure(entry, service, self.environment)

    def repository(self, known: Known) -> Finding:
        name = self._placed(known).repository
        ecr = self.client("ecr")
        try:
            found = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
        except ecr.exceptions.RepositoryNotFoundException:
            return ng(f"there is no {name}", f"`invoke infra.apply --env {self.environment}`")
        tags = found.get("imageTagMutability", "").lower().replace("_", " ")
        return ok(f"{name}, {tags} tags" if tags else name)

    def secrets(self, _: Known) -> Finding:
        """Look whether the secrets exist; no value is ever read."""
        missing = [
            f"{variable} ({value})"
            for variable, value in self.service.secrets.items()
            if not self._exists(self._reference(value))
        ]
        if missing:
            return ng(
                f"not there: {', '.join(missing)}",
                f"`invoke secrets.check --env {self.environment}` tells how to create it; "
                f"or correct `secrets` of [services.{self.service.name}]",
            )
        return ok(", ".join(self.service.secrets) or "it has none")

    def _reference(self, value: str) -> Reference:
        return parse(value, self.project, self.environment)

    def _exists(self, reference: Reference) -> bool:
        if reference.store == "ssm":
            wanted = {"Key": "Name", "Option": "Equals", "Values": [reference.id]}
            return bool(
                self.client("ssm").describe_parameters(ParameterFilters=[wanted])["Parameters"]
            )
        secrets = self.client("secretsmanager")
        try:
            return "DeletedDate" not in secrets.describe_secret(SecretId=reference.id)
        except secrets.exceptions.ResourceNotFoundException:
            return False

    def execution_role(self, known: Known) -> Finding:
        target, place = known[PARAMETER], self._placed(known)
        found = [self._reference(value) for value in self.service.secrets.values()]
        partition = place.execution_role_arn.split(":")[1]
        grants = of_execution(target, place, found, partition)
        results = simulate(self.client("iam"), place.execution_role_arn, grants)
        return judge.simulated(results, place.execution_role_arn.rpartition("/")[2])

    def image(self, known: Known) -> Finding:
        """Look at the image of the task definition that is deployed. Fetches it not: its manifest,
        and its configuration of some KB, name its platform.
        """
        definition = self._definition(known)
        container = self._container(definition)
        digest = str(container.get("image", "")).partition("@")[2]
        if not digest:
            return skip("no release runs yet", "`invoke deploy`")
        repository = self._placed(known).repository
        platforms = self._platforms(repository, digest)
        if platforms is None:
            return ng(
                f"{digest[: judge.DIGEST_SHOWN]} runs, and the registry has it no more",
                f"`invoke deploy-backend --service {self.service.name} --rebuild`",
            )
        task = definition.get("runtimePlatform", {}).get("cpuArchitecture", "X86_64")
        return judge.architecture(platforms, task, self.service, digest)

    def session(self, known: Known) -> Finding:
        return judge.session(self._entry(known), self._container(self._definition(known)))

    def _place(self, known: Known) -> ServiceTarget | None:
        target: Target = known[PARAMETER]
        return target.services.get(self.service.name)

    def _placed(self, known: Known) -> ServiceTarget:
        target: Target = known[PARAMETER]
        return target.services[self.service.name]

    def _entry(self, known: Known) -> Mapping[str, Any]:
        entry: Mapping[str, Any] = known[f"{self.group}/infrastructure"]
        return entry

    def _definition(self, known: Known) -> dict[str, Any]:
        entry = self._entry(known)
        primary = [d for d in entry.get("deployments", ()) if d.get("status") == "PRIMARY"]
        arn = primary[0]["taskDefinition"] if primary else entry["taskDefinition"]
        reply = self.client("ecs").describe_task_definition(taskDefinition=arn)
        definition: dict[str, Any] = reply["taskDefinition"]
        return definition

    def _container(self, definition: Mapping[str, Any]) -> dict[str, Any]:
        named = (
            container
            for container in definition["containerDefinitions"]
            if container["name"] == self.service.name
        )
        return next(named, {})

    def _platforms(self, repository: str, digest: str) -> Sequence[str] | None:
        """Return the platforms of an image; None if the registry has not got it."""
        ecr = self.client("ecr")
        images = ecr.batch_get_image(
            repositoryName=repository,
            imageIds=[{"imageDigest": digest}],
            acceptedMediaTypes=MEDIA_TYPES,
        )["images"]
        if not images:
            return None
        manifest = json.loads(images[0]["imageManifest"])
        if "manifests" in manifest:
            return [named(entry.get("platform", {})) for entry in manifest["manifests"]]
        layer = manifest["config"]["digest"]
        reply = ecr.get_download_url_for_layer(repositoryName=repository, layerDigest=layer)
        return [named(json.loads(self.fetch(reply["downloadUrl"])))]


def named(platform: Mapping[str, Any]) -> str:
    """Return a platform as "linux/amd64"; an attestation's is "unknown/unknown".

    https://github.com/opencontainers/image-spec/blob/main/config.md
    """
    return f"{platform.get('os', 'unknown')}/{platform.get('architecture', 'unknown')}"
