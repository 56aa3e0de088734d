"""The cache's decisions, with an origin and a clock that do as they are told."""

from collections.abc import AsyncIterator

import pytest
from multidict import CIMultiDict

from localcloud.cdn.edge import Edge, Visit
from localcloud.cdn.messages import Answer, Asked, Fetched, OriginError, OriginRequest
from localcloud.cdn.model import Behavior, CachePolicy, Distribution, ErrorRule, Origin
from localcloud.cdn.store import Store


class Scripted:
    """An origin that answers each request as set, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[OriginRequest] = []
        self.reply: Fetched | OriginError = fetched("one")
        self.during: object = None

    async def fetch(self, _: Distribution, __: Origin, request: OriginRequest) -> Fetched:
        self.asked.append(request)
        if callable(self.during):
            self.during()
        if isinstance(self.reply, OriginError):
            raise self.reply
        return self.reply


def fetched(body: str, status: int = 200, **headers: str) -> Fetched:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    made = CIMultiDict({"ETag": '"1"', "Content-Length": str(len(body)), **named})
    return Fetched(status, "", made, body.encode())


class World:
    def __init__(self) -> None:
        self.now = 1000.0
        self.origin = Scripted()
        self.store = Store()
        self.edge = Edge(self.origin, self.store, lambda: self.now)
        self.behavior = Behavior("o", cache=CachePolicy(0, 60, 600, gzip=True))
        self.errors: dict[int, ErrorRule] = {}

    async def get(self, uri: str = "/a", method: str = "GET", **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = Asked(method, uri, "", CIMultiDict(named))
        site = Distribution("E1", "arn:::::", "d", True, (self.behavior,), {"o": Origin("o", "x")},
                            errors=self.errors)  # fmt: skip
        return await self.edge.find(Visit(site, self.behavior, asked, "id"))

    async def cached(self, **headers: str) -> str:
        return (await self.get(**headers)).cache.partition(" ")[0]


@pytest.fixture
def world() -> World:
    return World()


async def test_fresh_until_it_is_not(world: World) -> None:
    assert await world.cached() == "Miss"
    world.now += 59
    answer = await world.get()
    assert (answer.cache, answer.age) == ("Hit from cloudfront", 59)
    world.now += 1
    world.origin.reply = fetched("", 304)
    answer = await world.get()
    assert (answer.cache, answer.body, answer.age) == ("RefreshHit from cloudfront", b"one", 0)
    assert world.origin.asked[-1].headers["If-None-Match"] == '"1"'
    world.now += 59
    assert await world.cached() == "Hit"


async def test_a_changed_object_replaces_the_stale_one(world: World) -> None:
    await world.get()
    world.now += 60
    world.origin.reply = fetched("two")
    answer = await world.get()
    assert (answer.cache, answer.body) == ("Miss from cloudfront", b"two")


async def test_an_invalidation_during_a_fetch_wins(world: World) -> None:
    world.origin.during = lambda: world.store.drop("E1", lambda _: True)
    assert await world.cached() == "Miss"
    world.origin.during = None
    assert await world.cached() == "Miss"
    assert await world.cached() == "Hit"


@pytest.mark.parametrize("failing", [fetched("", 503), OriginError(502, "down")])
async def test_a_stale_object_is_served_while_the_origin_fails(
    world: World, failing: Fetched | OriginError
) -> None:
    await world.get()
    world.now += 60
    world.origin.reply = failing
    answer = await world.get()
    assert (answer.status, answer.body) == (200, b"one")
    await world.get()
    assert len(world.origin.asked) == 2  # and is not asked again for ten seconds
    world.now += 10
    await world.get()
    assert len(world.origin.asked) == 3


async def test_but_not_if_the_object_forbids_it(world: World) -> None:
    world.origin.reply = fetched("one", Cache_Control="max-age=1, must-revalidate")
    await world.get()
    world.now += 1
    world.origin.reply = fetched("down", 503)
    assert (await world.get()).status == 503


async def test_an_origin_that_cannot_be_asked(world: World) -> None:
    world.origin.reply = OriginError(504, "late")
    answer = await world.get()
    assert (answer.status, answer.cache) == (504, "Error from cloudfront")
    assert b"late" in bytes(answer.body)  # type: ignore[arg-type]


async def test_errors_are_kept_for_ten_seconds(world: World) -> None:
    world.origin.reply = fetched("gone", 404)
    await world.get()
    world.origin.reply = fetched("here")
    world.now += 9
    assert (await world.get()).status == 404
    world.now += 1
    assert (await world.get()).status == 200


async def test_an_error_page_of_its_own(world: World) -> None:
    world.errors[403] = ErrorRule("/a", 200, 0)
    await world.get("/a")
    world.origin.reply = fetched("denied", 403)
    answer = await world.get("/missing")
    assert (answer.status, answer.body) == (200, b"one")
    world.errors[403] = ErrorRule("/missing-too", 200, 0)
    answer = await world.get("/missing")
    assert (answer.status, answer.body) == (403, b"denied")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_writes_always_reach_the_origin(world: World, method: str) -> None:
    await world.get()
    assert (await world.get(method=method)).cache == "Miss from cloudfront"
    assert len(world.origin.asked) == 2


@pytest.mark.parametrize("size", [2000, 200_000])  # the larger one is compressed in a thread
async def test_each_encoding_is_kept_by_itself(world: World, size: int) -> None:
    world.behavior = Behavior("o", compress=True, cache=world.behavior.cache)
    world.origin.reply = fetched("x" * size, Content_Type="text/html")
    packed = await world.get(Accept_Encoding="gzip")
    world.origin.reply = fetched("x" * size, Content_Type="text/html")
    plain = await world.get()
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["ETag"] == 'W/"1"'
    assert "Content-Encoding" not in plain.headers
    assert await world.cached(Accept_Encoding="gzip, deflate") == "Hit"
    world.now += 60
    await world.get(Accept_Encoding="gzip")
    assert world.origin.asked[-1].headers["If-None-Match"] == '"1"'  # the origin's own


async def test_a_body_of_unknown_length_is_kept_when_it_has_ended(world: World) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    world.origin.reply = Fetched(200, "", CIMultiDict(), chunks())
    answer = await world.get()
    assert not isinstance(answer.body, bytes)
    assert b"".join([chunk async for chunk in answer.body]) == b"one two"
    assert (await world.get()).body == b"one two"


async def test_a_body_that_breaks_off_is_not_kept(world: World) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"one"
        raise OSError

    world.origin.reply = Fetched(200, "", CIMultiDict(), chunks())
    answer = await world.get()
    assert not isinstance(answer.body, bytes)
    with pytest.raises(OSError):
        [chunk async for chunk in answer.body]
    world.origin.reply = fetched("whole")
    assert (await world.get()).body == b"whole"


async def test_cookies_of_an_origin_that_gets_none(world: World) -> None:
    world.origin.reply = fetched("one", Set_Cookie="a=1")
    assert "Set-Cookie" not in (await world.get()).headers
