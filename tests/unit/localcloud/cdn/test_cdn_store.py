from multidict import CIMultiDict

from localcloud.cdn.invalidation import matcher
from localcloud.cdn.keys import Key
from localcloud.cdn.store import Store, Stored


def key(uri: str, distribution: str = "E1", query: str = "") -> Key:
    return Key(distribution, "GET", uri, query, ())


def stored(size: int = 10, **headers: str) -> Stored:
    return Stored(200, "OK", CIMultiDict(headers), b"x" * size, 100.0, 160.0)


def test_the_least_recently_used_goes_first() -> None:
    store = Store(limit=3 * 2024)
    for name in ("/a", "/b", "/c"):
        store.put(key(name), stored(1000), 0)
    store.get(key("/a"))
    store.put(key("/d"), stored(1000), 0)
    assert [name for name in ("/a", "/b", "/c", "/d") if store.get(key(name))] == ["/a", "/c", "/d"]
    assert store.size == 3 * 2024


def test_putting_again_does_not_count_twice() -> None:
    store = Store()
    for _ in range(3):
        store.put(key("/a"), stored(1000), 0)
    assert store.size == 2024


def test_what_is_larger_than_everything_is_not_kept() -> None:
    store = Store(limit=5000)
    store.put(key("/small"), stored(10), 0)
    store.put(key("/large"), stored(5000), 0)
    assert store.get(key("/large")) is None
    assert store.get(key("/small"))


def test_only_what_is_named_is_dropped() -> None:
    store = Store()
    for item in (key("/a"), key("/a", query="v=1"), key("/b"), key("/a", "E2")):
        store.put(item, stored(), 0)
    assert store.drop("E1", matcher(["/a"])) == 1
    assert store.get(key("/a", query="v=1"))
    assert store.get(key("/b"))
    assert store.get(key("/a", "E2"))
    assert store.drop("E1", matcher(["/*"])) == 2
    assert store.size == 1034


def test_what_was_asked_before_an_invalidation_is_not_put_back() -> None:
    store = Store()
    generation = store.generation("E1")
    store.drop("E1", matcher(["/a"]))
    store.put(key("/a"), stored(), generation)
    assert store.get(key("/a")) is None
    store.put(key("/a"), stored(), store.generation("E1"))
    assert store.get(key("/a"))


def test_a_confirmed_object_takes_the_new_headers() -> None:
    """RFC 9111, section 3.2"""
    old = stored(10, **{"ETag": 'W/"1"', "X-Old": "1", "Cache-Control": "max-age=1"})
    new = CIMultiDict({"Cache-Control": "max-age=9", "Etag": '"1"', "Content-Length": "0"})
    renewed = old.renewed(new, 200.0, 209.0)
    assert dict(renewed.headers) == {"ETag": 'W/"1"', "X-Old": "1", "Cache-Control": "max-age=9"}
    assert renewed.body == old.body
    assert renewed.fresh(208.9)
    assert not renewed.fresh(209.0)
