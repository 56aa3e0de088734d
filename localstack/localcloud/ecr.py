"""Amazon ECR by MiniStack, with the registry that really answers and the images' real sizes."""

import json
import re
from collections.abc import Iterable
from typing import Any

from localcloud.asgi import App, Receive, Reply, Scope, capture, read_body, replay

TARGET = "AmazonEC2ContainerRegistry_V20150921."
_REGISTRY = re.compile(r"^(?:https?://)?\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com")


class Ecr:
    """Answers ECR's calls by `app`, and makes the replies right for a registry on `port`."""

    def __init__(self, app: App, port: int) -> None:
        self._app = app
        self._port = port

    async def answer(self, target: str, scope: Scope, receive: Receive) -> Reply:
        """Answer the call `target`, the value of X-Amz-Target."""
        body = await read_body(receive)
        reply = await capture(self._app, scope, replay(body, receive))
        try:
            parsed = json.loads(reply.body)
            asked = json.loads(body or b"{}")
        except ValueError:
            return reply
        if target == f"{TARGET}DescribeImages" and "imageDetails" in parsed:
            await self._measure(parsed["imageDetails"], asked, scope)
        fixed = json.dumps(rewritten(parsed, f"localhost:{self._port}"))
        return Reply(reply.status, reply.headers, fixed.encode())

    async def _measure(
        self, details: list[dict[str, Any]], asked: dict[str, Any], scope: Scope
    ) -> None:
        digests = [detail["imageDigest"] for detail in details]
        manifests = await self._manifests(asked, digests, scope)
        listed = [digest for manifest in manifests.values() for digest in children(manifest)]
        known = {**manifests, **await self._manifests(asked, listed, scope)}
        for detail in details:
            if detail["imageDigest"] in known:
                detail["imageSizeInBytes"] = size(known[detail["imageDigest"]], known)

    async def _manifests(
        self, asked: dict[str, Any], digests: Iterable[str], scope: Scope
    ) -> dict[str, dict[str, Any]]:
        ids = [{"imageDigest": digest} for digest in digests]
        if not ids:
            return {}
        named = {name: asked[name] for name in ("registryId", "repositoryName") if name in asked}
        body = json.dumps({**named, "imageIds": ids}).encode()
        reply = await capture(self._app, _as("BatchGetImage", scope, len(body)), replay(body, _end))
        images = json.loads(reply.body).get("images", ())
        return {
            image["imageId"]["imageDigest"]: json.loads(image["imageManifest"]) for image in images
        }


def _as(action: str, scope: Scope, length: int) -> Scope:
    ours = {b"x-amz-target": f"{TARGET}{action}".encode(), b"content-length": str(length).encode()}
    kept = [item for item in scope["headers"] if item[0].lower() not in ours]
    return {**scope, "headers": [*kept, *ours.items()]}


async def _end() -> dict[str, Any]:
    return {"type": "http.disconnect"}


def rewritten(value: Any, registry: str) -> Any:
    """Return a reply with every address in it naming `registry` (host:port)."""
    if isinstance(value, dict):
        return {key: _member(key, item, registry) for key, item in value.items()}
    if isinstance(value, list):
        return [rewritten(item, registry) for item in value]
    return value


def _member(key: str, value: Any, registry: str) -> Any:
    if key in ("proxyEndpoint", "downloadUrl"):
        return _REGISTRY.sub(f"http://{registry}", value)
    if key == "repositoryUri":
        return _REGISTRY.sub(registry, value)
    return rewritten(value, registry)


def children(manifest: dict[str, Any]) -> list[str]:
    """Return the digests that a manifest list or image index names; none for an image."""
    return [item["digest"] for item in manifest.get("manifests", ())]


def size(manifest: dict[str, Any], known: dict[str, dict[str, Any]]) -> int:
    """Return an image's size in bytes: its compressed layers, or of a list the largest image.

    `known` has the manifests by digest.
    https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_ImageDetail.html
    """
    named = [known[digest] for digest in children(manifest) if digest in known]
    own = sum(int(layer["size"]) for layer in manifest.get("layers", ()))
    return max((size(item, known) for item in named), default=own)
