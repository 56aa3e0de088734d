"""https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html"""

import gzip

import brotli
import pytest
from multidict import CIMultiDict

from localcloud.cdn.compression import compressed, compresses, mark, vary


def headers(
    kind: str = "text/html", length: int = 5000, name: str = "X-Other", value: str = ""
) -> CIMultiDict[str]:
    return CIMultiDict({"Content-Type": kind, "Content-Length": str(length), name: value})


@pytest.mark.parametrize("kind", ["text/html; charset=utf-8", "TEXT/CSS", "application/wasm"])
@pytest.mark.parametrize("length", [1000, 10_000_000])
@pytest.mark.parametrize("status", [200, 404])
def test_compressed_ones(kind: str, length: int, status: int) -> None:
    assert compresses(status, headers(kind, length))


def test_others() -> None:
    assert not compresses(200, headers("image/png"))
    assert not compresses(200, headers("font/woff2"))
    assert not compresses(200, headers(length=999))
    assert not compresses(200, headers(length=10_000_001))
    assert not compresses(206, headers())
    assert not compresses(200, headers(name="Content-Encoding", value="gzip"))
    assert not compresses(200, CIMultiDict({"Content-Type": "text/html"}))


def test_brotli_is_preferred() -> None:
    body = b"hello " * 1000
    packed, encoding = compressed(body, "br,gzip")
    assert (brotli.decompress(packed), encoding) == (body, "br")
    packed, encoding = compressed(body, "gzip")
    assert (gzip.decompress(packed), encoding) == (body, "gzip")


@pytest.mark.parametrize(("tag", "weak"), [('"1"', 'W/"1"'), ('W/"1"', 'W/"1"')])
def test_the_tag_becomes_a_weak_one(tag: str, weak: str) -> None:
    made = headers(name="ETag", value=tag)
    mark(made, "br")
    assert (made["ETag"], made["Content-Encoding"]) == (weak, "br")
    assert "Content-Length" not in made


def test_vary_keeps_what_is_there() -> None:
    made = headers(name="Vary", value="Origin")
    vary(made)
    vary(made)
    assert made.getall("Vary") == ["Origin, Accept-Encoding"]
