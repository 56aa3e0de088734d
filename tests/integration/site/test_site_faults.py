"""A deploy that breaks leaves the old site whole, and its rerun does what is left."""

import pytest

from deploy.errors import ShipwayError
from deploy.outcome import Outcome
from tests.integration.site.faulty_cloud import Fault, FaultyCloud
from tests.integration.site.world import World

pytestmark = pytest.mark.ecs  # CloudFront

ALWAYS = 10_000


def broken(old: World, proxy: FaultyCloud, fault: Fault) -> None:
    """Deploy through the proxy while it has this fault; that must be told as an error."""
    proxy.faults = [fault]
    with pytest.raises(ShipwayError):
        old.deployer(proxy.endpoint).deploy()


@pytest.mark.parametrize("how", ["reset", "500", "503"])
def test_what_passes_is_tried_again(old: World, proxy: FaultyCloud, how: str) -> None:
    proxy.faults = [Fault("PUT", how, after=2, times=3), Fault("LIST", how, key="", times=2)]  # type: ignore[arg-type]
    assert old.deployer(proxy.endpoint).deploy().outcome is Outcome.SUCCEEDED
    assert old.whole() == "two"


@pytest.mark.parametrize("how", ["403", "503", "reset"])
def test_an_upload_that_fails_leaves_the_old_site(old: World, proxy: FaultyCloud, how: str) -> None:
    proxy.faults = [Fault("PUT", how, after=3, times=ALWAYS)]  # type: ignore[arg-type]
    before = old.pointer
    with pytest.raises(ShipwayError):
        old.deployer(proxy.endpoint).deploy()
    assert old.whole() == "one"
    assert old.whole("page1.html") == "one"
    assert old.pointer == before

    there = old.objects()
    proxy.clear()
    assert old.deployer(proxy.endpoint).deploy().outcome is Outcome.SUCCEEDED
    changed = {"index.html", "page1.html", "config.json"}
    assert len(proxy.keys("PUT")) == 3 + 3
    assert not (set(proxy.keys("PUT")) - changed) & there
    assert old.whole() == "two"


def test_a_page_that_fails_leaves_every_page_whole_and_the_rerun_stores_the_rest(
    old: World, proxy: FaultyCloud
) -> None:
    broken(old, proxy, Fault("PUT", "403", key="index.html", times=ALWAYS))
    assert old.whole() == "one"
    assert old.whole("page1.html") in ("one", "two")
    assert old.pointer["state"] == "publishing"

    proxy.clear()
    assert old.deployer(proxy.endpoint).deploy().outcome is Outcome.SUCCEEDED
    assert proxy.keys("PUT") in (["index.html"], ["index.html", "page1.html"])
    assert old.whole() == old.whole("page1.html") == "two"


def test_a_broken_publish_is_invalidated_whole_by_the_rerun(old: World, proxy: FaultyCloud) -> None:
    """The edge may have the pages that the broken run had already replaced."""
    broken(old, proxy, Fault("PUT", "403", key=r"\.shipway/releases/.*"))
    assert old.whole() == "two"
    published = old.deployer().deploy()
    assert published.outcome is Outcome.SUCCEEDED
    assert {"/", "/index.html", "/page1.html", "/config.json"} <= set(published.pending)
    assert old.pointer["pending"] == []


def test_no_page_is_stored_before_the_files_that_it_may_name(
    old: World, proxy: FaultyCloud
) -> None:
    broken(old, proxy, Fault("PUT", "403", key="config.json", times=ALWAYS))
    assert not [key for key in proxy.keys("PUT") if key.endswith(".html")]
    assert old.whole() == old.whole("page1.html") == "one"


def test_what_the_edge_may_hold_of_a_broken_run_is_not_forgotten(
    old: World, proxy: FaultyCloud
) -> None:
    """The second run puts config.json back, and breaks too: to the third it looks untouched."""
    broken(old, proxy, Fault("PUT", "403", key="index.html", times=ALWAYS))
    old.release("one")
    broken(old, proxy, Fault("PUT", "403", key=r"\.shipway/releases/.*"))
    assert "/config.json" in old.deployer().deploy().pending


def test_a_broken_publish_that_is_given_up_returns_to_the_old_build(
    old: World, proxy: FaultyCloud
) -> None:
    broken(old, proxy, Fault("PUT", "403", key="index.html", times=ALWAYS))
    old.release("one")
    assert old.deployer().deploy().outcome is Outcome.SUCCEEDED
    assert old.whole() == old.whole("page1.html") == "one"
    assert old.pointer["state"] == "live"


@pytest.mark.parametrize("how", ["403", "503"])
def test_a_failed_invalidation_is_a_warning_and_the_rerun_only_invalidates(
    old: World, proxy: FaultyCloud, how: str
) -> None:
    proxy.faults = [Fault("INVALIDATE", how, key=".*", times=ALWAYS)]  # type: ignore[arg-type]
    published = old.deployer(proxy.endpoint).deploy()
    assert published.outcome is Outcome.SUCCEEDED
    assert old.whole() == "two"
    assert "CloudFront did not confirm" in old.warnings[0]
    assert old.pointer["pending"] == list(published.pending)

    proxy.clear()
    again = old.deployer(proxy.endpoint).deploy()
    assert again.outcome is Outcome.UNCHANGED
    assert proxy.count()["INVALIDATE"] == 1
    assert proxy.count(internal=False)["PUT"] == 0
    assert proxy.count(internal=True)["PUT"] == 1
    assert (old.pointer["state"], old.pointer["pending"]) == ("live", [])

    proxy.clear()
    assert old.deployer(proxy.endpoint).deploy().outcome is Outcome.UNCHANGED
    assert proxy.count()["INVALIDATE"] == 0


def test_an_invalidation_that_is_throttled_is_tried_again(old: World, proxy: FaultyCloud) -> None:
    proxy.faults = [Fault("INVALIDATE", "503", key=".*", times=2)]
    old.deployer(proxy.endpoint).deploy()
    assert old.warnings == []
    assert proxy.count()["INVALIDATE"] == 3
    assert old.pointer["pending"] == []


def test_the_next_release_takes_over_what_was_not_invalidated(
    old: World, proxy: FaultyCloud
) -> None:
    proxy.faults = [Fault("INVALIDATE", "403", key=".*", times=ALWAYS)]
    old.deployer(proxy.endpoint).deploy()
    old.write("robots.txt", "User-agent: nobody\n")
    published = old.deployer().deploy()
    assert {"/robots.txt", "/index.html"} <= set(published.pending)
    assert old.pointer["pending"] == []
