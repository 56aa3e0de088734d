"""A subset of S3 on loopback, fast enough not to be what a benchmark measures.

    python bench/s3_server.py --port 9500 [--latency 0.02]

One process on one core, for small objects. Buckets exist as soon as they are named, and each is
versioned. Beside S3 it answers what a deploy of a site asks of STS, SSM and CloudFront. It is
steered and read below `/_`:

    GET  /_stats                      requests since the last reset, by AWS's name of the operation;
                                      those for objects of Shipway's own apart (PutObject .shipway)
    POST /_reset                      forget buckets and counts
    POST /_reset?counts=1             forget the counts only
    POST /_clone?source=A&target=B    bucket B becomes a copy of A, but for .shipway/
    POST /_parameter?name=N           the body becomes the SSM parameter N
    GET  /_objects?bucket=B           {key: [MD5, Content-Type, Cache-Control]}
"""

import argparse
import asyncio
import sys
import time
from email.utils import formatdate
from functools import lru_cache
from pathlib import Path

import httptools
import uvloop

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench.s3_service import Cloud, Request

STATUS = {
    200: b"200 OK", 201: b"201 Created", 204: b"204 No Content", 304: b"304 Not Modified",
    400: b"400 Bad Request", 404: b"404 Not Found", 412: b"412 Precondition Failed",
    501: b"501 Not Implemented",
}  # fmt: skip


class Connection(asyncio.Protocol):
    """One client's connection: a request, its reply, the next request."""

    def __init__(self, cloud: Cloud, latency: float) -> None:
        self.cloud, self.latency = cloud, latency
        self.parser = httptools.HttpRequestParser(self)
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers: dict[bytes, bytes] = {}
        self.chunks: list[bytes] = []

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        if b"expect" in self.headers:
            self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        self.chunks.append(body)

    def on_message_complete(self) -> None:
        method = self.parser.get_method().decode()
        reply = self.cloud.answer(
            Request(method, self.url.decode(), self.headers, b"".join(self.chunks))
        )
        data = b"HTTP/1.1 %b\r\nDate: %b%b\r\nContent-Length: %d\r\n\r\n%b" % (
            STATUS[reply.status], date(int(time.time())), reply.head, len(reply.body),
            b"" if method == "HEAD" else reply.body,
        )  # fmt: skip
        if self.latency:
            asyncio.get_running_loop().call_later(self.latency, self.transport.write, data)
        else:
            self.transport.write(data)


@lru_cache(maxsize=2)
def date(now: int) -> bytes:
    return formatdate(now, usegmt=True).encode()


async def serve(port: int, latency: float) -> None:
    cloud = Cloud()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(cloud, latency), "127.0.0.1", port, backlog=1024
    )
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0: a free one, which is printed")
    parser.add_argument("--latency", type=float, default=0, help="seconds before each reply")
    options = parser.parse_args()
    uvloop.run(serve(options.port, options.latency))


if __name__ == "__main__":
    main()
