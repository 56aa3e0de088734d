"""Which listener a request on the API port is for, and what ECR's replies are made into."""

import pytest

from localcloud.ecr import children, rewritten, size
from localcloud.elb.plane import Route
from localcloud.relay import find_route

DNS = "demo-0a1b.us-east-1.elb.amazonaws.com"
ROUTES = (
    Route("Demo", DNS, 8443, 8001, "HTTP"),
    Route("Demo", DNS, 80, 8000, "HTTP"),
    Route("other", "other.elb.amazonaws.com", 9000, 9000, "HTTP"),
)


@pytest.mark.parametrize(
    ("host", "path", "port", "prefix"),
    [
        ("demo.alb.localhost", "/health", 8000, ""),
        ("demo.alb.localhost:4566", "/health", 8000, ""),
        ("DEMO.alb.localhost:8443", "/", 8001, ""),
        (DNS, "/v2/", 8000, ""),
        ("localhost:4566", "/_alb/demo/x", 8000, "/_alb/demo"),
        ("localhost:4566", "/_alb/OTHER", 9000, "/_alb/OTHER"),
    ],
)
def test_route(host: str, path: str, port: int, prefix: str) -> None:
    found = find_route(ROUTES, host, path)
    assert found is not None
    assert (found[0].port, found[1]) == (port, prefix)


@pytest.mark.parametrize(
    ("host", "path"),
    [("localhost:4566", "/demo"), ("none.alb.localhost", "/"), ("x", "/_alb/none/"), ("", "/")],
)
def test_no_route(host: str, path: str) -> None:
    assert find_route(ROUTES, host, path) is None


def test_the_registry_is_this_one() -> None:
    amazon = "000000000000.dkr.ecr.us-east-1.amazonaws.com"
    reply = {
        "repositories": [{"repositoryUri": f"{amazon}/app", "repositoryName": amazon}],
        "authorizationData": [{"proxyEndpoint": f"https://{amazon}"}],
    }
    assert rewritten(reply, "localhost:1234") == {
        "repositories": [{"repositoryUri": "localhost:1234/app", "repositoryName": amazon}],
        "authorizationData": [{"proxyEndpoint": "http://localhost:1234"}],
    }


def test_an_images_size_is_its_layers() -> None:
    image = {"config": {"size": 5}, "layers": [{"size": 10}, {"size": 20}]}
    assert size(image, {}) == 30
    assert children(image) == []


def test_a_lists_size_is_its_largest_image() -> None:
    index = {"manifests": [{"digest": "a"}, {"digest": "b"}, {"digest": "gone"}]}
    known = {"a": {"layers": [{"size": 1}]}, "b": {"layers": [{"size": 7}]}}
    assert children(index) == ["a", "b", "gone"]
    assert size(index, known) == 7
