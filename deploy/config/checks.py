"""What deploy.toml must mean, beyond its types. Each check reads the raw tables, however broken
they are elsewhere, so that all problems are reported together.
"""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from deploy.config.plain import why_secret
from deploy.secret_names import ACCEPTED, accepted

Problem = tuple[str, str]  # the key's path, what is wrong with what is accepted

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
FARGATE_SIZES: Mapping[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
DEFAULT_CPU, DEFAULT_MEMORY = 1024, 2048


def fargate_size(path: str, cpu: object, memory: object) -> Iterator[Problem]:
    """Yield what is wrong with a pair of cpu (1/1024 vCPU) and memory (MiB)."""
    if not isinstance(cpu, int) or not isinstance(memory, int):
        return
    sizes = FARGATE_SIZES.get(cpu)
    if sizes is None:
        accepted = ", ".join(str(size) for size in FARGATE_SIZES)
        yield f"{path}.cpu", f"{cpu} is no size of Fargate's; accepted: {accepted}"
    elif memory not in sizes:
        steps = f"in steps of {sizes[1] - sizes[0]}" if cpu > min(FARGATE_SIZES) else "doubling"
        yield (
            f"{path}.memory",
            f"{memory} does not go with cpu = {cpu}; accepted: {sizes[0]} to {sizes[-1]} {steps}",
        )


def service_files(path: str, service: Mapping[str, Any], root: Path) -> Iterator[Problem]:
    """Yield which of a service's files are missing: its context, Dockerfile, build secrets."""
    context = service.get("context")
    if not isinstance(context, str):
        return
    folder = root / context
    build = service.get("build")
    build = build if isinstance(build, Mapping) else {}
    dockerfile = folder / str(build.get("dockerfile", "Dockerfile"))
    if not folder.is_dir():
        yield f"{path}.context", f"there is no folder {context}; give the one with the Dockerfile"
    elif not dockerfile.is_file():
        yield f"{path}.build.dockerfile", f"there is no {dockerfile.relative_to(root)}"
    secrets = build.get("secrets")
    for key, file in secrets.items() if isinstance(secrets, Mapping) else ():
        if file and not (root / str(file)).is_file():
            yield f"{path}.build.secrets.{key}", f"there is no file {file}"


def image(name: str, services: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield unless a service has either a context of its own or the image of one that has."""
    service, path = services[name], f"services.{name}"
    owner = service.get("image")
    if owner is None:
        if "context" not in service:
            yield f"{path}.context", 'is missing; or run another service\'s image: image = "NAME"'
        return
    for key in ("context", "build"):
        if key in service:
            yield f"{path}.{key}", f"is that of services.{owner}, whose image it runs; leave it out"
    found = services.get(owner) if isinstance(owner, str) else {}
    if owner == name:
        yield f"{path}.image", "is its own name; give a context instead"
    elif found is None:
        yield f"{path}.image", f"there is no service {owner}; {_defined(services)}"
    elif isinstance(found, Mapping) and found.get("image"):
        told = f"services.{owner} has no image of its own"
        yield f"{path}.image", f'{told}; write the one that has: image = "{found["image"]}"'


def _defined(services: Mapping[str, Any]) -> str:
    return f"defined: {', '.join(services)}"


def order(services: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with `after`: unknown services, and circles, where none could start."""
    after: dict[str, list[str]] = {}
    for name, service in services.items():
        listed = service.get("after") if isinstance(service, Mapping) else None
        names = [each for each in listed if isinstance(each, str)] if listed else []
        after[name] = [each for each in names if each in services]
        for each in names:
            if each not in services:
                yield f"services.{name}.after", f"there is no service {each}; {_defined(services)}"
    try:
        TopologicalSorter(after).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]  # graphlib lists predecessors first
        yield f"services.{circle[0]}.after", f"goes in a circle: {' after '.join(circle)}"


def plain_secrets(path: str, service: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield variables of `environment` that look like secrets; their values are not told."""
    environment, known = service.get("environment"), service.get("not_secret")
    harmless = known if isinstance(known, list) else []
    for name, value in environment.items() if isinstance(environment, Mapping) else ():
        why = why_secret(name, value) if isinstance(value, str) and name not in harmless else ""
        if why:
            told = (
                f"{why}, and whoever may see the task definition would read it; make it a secret: "
                f'secrets = {{ {name} = "a-name" }} and `invoke secrets.set a-name`; '
                f'or if it is none: not_secret = ["{name}"]'
            )
            yield f"{path}.environment.{name}", told


def secret_references(path: str, service: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield secrets that no store has, and variables that are both plain and secret."""
    secrets, environment = service.get("secrets"), service.get("environment")
    for name, value in secrets.items() if isinstance(secrets, Mapping) else ():
        if isinstance(value, str) and not accepted(value):
            yield f"{path}.secrets.{name}", f"names no secret; accepted: {ACCEPTED}"
        if isinstance(environment, Mapping) and name in environment:
            yield f"{path}.secrets.{name}", "is in `environment` too; ECS takes a name once"


def ports(services: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield services whose port another one has: each is reached at its own on one machine."""
    owners: dict[int, str] = {}
    for name, service in services.items():
        port = service.get("port") if isinstance(service, Mapping) else None
        if not isinstance(port, int):
            continue
        if port in owners:
            yield f"services.{name}.port", f"{port} is services.{owners[port]}.port already"
        owners.setdefault(port, name)


def account(name: str, environment: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield if an environment on AWS names no account: it is compared before the first write."""
    if not environment.get("endpoint") and not environment.get("account"):
        yield (
            f"environments.{name}.account",
            'is missing; an environment on AWS (no endpoint) names it: account = "123456789012"',
        )


def problems(data: Mapping[str, Any], root: Path) -> Iterator[Problem]:
    """Yield every problem of the tables (environments overlaid, variables replaced)."""
    given = data.get("services")
    services: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    for name, service in services.items():
        if isinstance(service, Mapping):
            path = f"services.{name}"
            size = service.get("cpu", DEFAULT_CPU), service.get("memory", DEFAULT_MEMORY)
            yield from fargate_size(path, *size)
            yield from service_files(path, service, root)
            yield from image(name, services)
            yield from plain_secrets(path, service)
            yield from secret_references(path, service)
    yield from ports(services)
    yield from order(services)
    environments = data.get("environments")
    for name, environment in environments.items() if isinstance(environments, Mapping) else ():
        if isinstance(environment, Mapping):
            yield from account(name, environment)
