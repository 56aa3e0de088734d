"""Changing targets under load: no request fails."""

import threading
from collections.abc import Callable

import httpx
import pytest

from tests.integration.cloud.balancer import Balancer
from tests.integration.cloud.targets import App, running
from tests.integration.local_cloud import eventually

pytestmark = pytest.mark.ecs


class Load(threading.Thread):
    """Sends requests one after the other over one kept connection until it is stopped."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.answers: list[str] = []
        self.failures: list[str] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        with httpx.Client(base_url=self.url, trust_env=False, timeout=10) as client:
            while not self.stopping.wait(0.01):
                try:
                    reply = client.get("/")
                    reply.raise_for_status()
                    self.answers.append(reply.json()["name"])
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))

    def stop(self) -> None:
        self.stopping.set()
        self.join(15)


def test_no_request_fails_when_targets_are_replaced(
    balancer: Balancer, serve: Callable[..., App]
) -> None:
    balancer.listen(delay=1)
    new = serve(name="new")
    with running(App(name="old")) as old:
        balancer.register(old.port)
        balancer.until(old.port, "healthy")
        loads = [Load(balancer.url) for _ in range(4)]
        for load in loads:
            load.start()
        eventually(lambda: all(load.answers for load in loads))
        balancer.register(new.port)
        balancer.until(new.port, "healthy")
        balancer.deregister(old.port)
        balancer.until(old.port, "unused")
    # The old application is gone now.
    sent = [len(load.answers) for load in loads]
    eventually(lambda: all(len(load.answers) > n + 30 for load, n in zip(loads, sent, strict=True)))
    for load in loads:
        load.stop()
    answers = [answer for load in loads for answer in load.answers]
    assert [failure for load in loads for failure in load.failures] == []
    assert len(answers) > 200
    assert {"old", "new"} == set(answers)
    assert all(load.answers[-1] == "new" for load in loads)
