"""What a container writes, chunk by chunk, to its end."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from docker import DockerClient


class Output:
    """Iterates over what a container writes until it ends; `close` may come from any thread.

    Engines lose a last line without a newline to those who follow, and some never tell them of the
    end. What they kept back is in the whole log, which is read at last.
    https://github.com/moby/moby/issues/43860, https://github.com/docker/for-linux/issues/575
    """

    def __init__(self, client: DockerClient, container_id: str) -> None:
        self._client, self._container_id = client, container_id
        self._lock = threading.Lock()
        self._closed = False
        self._following: Any = None

    def __iter__(self) -> Iterator[bytes]:
        followed = 0
        for chunk in self._follow():
            followed += len(chunk)
            yield chunk
        for chunk in self._read(follow=False):
            yield chunk[followed:]
            followed = max(0, followed - len(chunk))

    def close(self) -> None:
        """Follow no longer: what is written by now is all."""
        with self._lock:
            self._closed = True
            if self._following is not None:
                # It may end by itself at this moment: docker-py finds no socket then.
                with contextlib.suppress(OSError, AttributeError):
                    self._following.close()

    def _follow(self) -> Iterator[bytes]:
        found = self._read(follow=True)
        with self._lock:
            if self._closed:
                found.close()
                return
            self._following = found
        yield from found

    def _read(self, *, follow: bool) -> Any:
        return self._client.api.logs(self._container_id, stream=True, follow=follow)
