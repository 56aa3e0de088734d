"""Makes ECR's replies name the registry that really answers: this one."""

import json
import re
from typing import Any

TARGET = "AmazonEC2ContainerRegistry_V20150921."
_REGISTRY = re.compile(r"^(?:https?://)?\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com")


def rewrite(body: bytes, port: int) -> bytes:
    """Return a JSON reply with `proxyEndpoint` and `repositoryUri` on localhost:`port`."""
    try:
        parsed = json.loads(body)
    except ValueError:
        return body
    return json.dumps(_rewritten(parsed, f"localhost:{port}")).encode()


def _rewritten(value: Any, registry: str) -> Any:
    if isinstance(value, dict):
        return {key: _member(key, item, registry) for key, item in value.items()}
    if isinstance(value, list):
        return [_rewritten(item, registry) for item in value]
    return value


def _member(key: str, value: Any, registry: str) -> Any:
    if key == "proxyEndpoint":
        return _REGISTRY.sub(f"http://{registry}", value)
    if key == "repositoryUri":
        return _REGISTRY.sub(registry, value)
    return _rewritten(value, registry)


def size(manifest: str) -> int:
    """Return the size in bytes of the image that a manifest describes: its compressed layers.

    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
    """
    parsed = json.loads(manifest)
    return sum(layer["size"] for layer in parsed.get("layers", ()))
