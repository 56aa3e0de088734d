"""What is with a target, cut off by what the registry says of it."""

import asyncio

import pytest

from localcloud.elb.flights import Flights
from localcloud.ports import Address

HERE, THERE = Address("127.0.0.1", 4000), Address("127.0.0.1", 4001)


class Targets:
    """Says when the requests to each address end."""

    def __init__(self) -> None:
        self.times: dict[Address, float | None] = {HERE: None, THERE: None}
        self.flights = Flights(lambda _, address: self.times[address])

    def end(self, address: Address, time: float | None) -> None:
        self.times[address] = time
        self.flights.sync()

    async def fly(self, address: Address, until: asyncio.Event) -> str:
        try:
            async with self.flights.on("arn:g", address):
                await until.wait()
        except TimeoutError:
            return "cut off"
        return "landed"


@pytest.fixture
def targets() -> Targets:
    return Targets()


async def test_only_what_is_with_the_target_is_cut_off(targets: Targets) -> None:
    event = asyncio.Event()
    cut, kept = (asyncio.create_task(targets.fly(spot, event)) for spot in (HERE, THERE))
    await asyncio.sleep(0)
    targets.end(HERE, 0)
    assert await cut == "cut off"
    assert not kept.done()
    event.set()
    assert await kept == "landed"


async def test_a_target_that_came_back_cuts_nothing_off(targets: Targets) -> None:
    event = asyncio.Event()
    flight = asyncio.create_task(targets.fly(HERE, event))
    await asyncio.sleep(0)
    targets.end(HERE, asyncio.get_running_loop().time() + 0.02)
    targets.end(HERE, None)
    await asyncio.sleep(0.05)
    assert not flight.done()
    event.set()
    assert await flight == "landed"


async def test_what_has_landed_or_is_cut_off_is_left_alone(targets: Targets) -> None:
    event = asyncio.Event()
    event.set()
    assert await targets.fly(HERE, event) == "landed"
    flight = asyncio.create_task(targets.fly(HERE, asyncio.Event()))
    await asyncio.sleep(0)
    targets.end(HERE, 0)
    targets.end(HERE, 1)
    assert await flight == "cut off"
    targets.end(HERE, 2)


async def test_a_target_that_is_gone_already(targets: Targets) -> None:
    """Between the choice of it and the request."""
    targets.end(HERE, 0)
    assert await targets.fly(HERE, asyncio.Event()) == "cut off"
