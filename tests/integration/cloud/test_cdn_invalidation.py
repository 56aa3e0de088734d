"""What an invalidation drops, and when.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/Invalidation.html
"""

import pytest
from botocore.exceptions import ClientError

from tests.integration.cloud.distribution import Site
from tests.integration.local_cloud import eventually

pytestmark = pytest.mark.ecs
KEYS = ("index.html", "docs/a.html", "docs/b.html", "other.html")


@pytest.fixture
def warm(site: Site) -> Site:
    """A site whose objects are all at the edge."""
    site.publish()
    for key in KEYS:
        site.put(key, "one")
        site.get(f"/{key}")
        site.put(key, "two")
    return site


def texts(site: Site) -> dict[str, str]:
    return {key: site.get(f"/{key}").text for key in KEYS}


def test_exactly_what_is_named_is_dropped(warm: Site) -> None:
    warm.invalidated("/docs/a.html")
    assert texts(warm) == {**dict.fromkeys(KEYS, "one"), "docs/a.html": "two"}


def test_a_wildcard(warm: Site) -> None:
    warm.invalidated("/docs/*")
    assert texts(warm) == dict.fromkeys(KEYS, "one") | dict.fromkeys(KEYS[1:3], "two")


def test_everything(warm: Site) -> None:
    warm.invalidated("/*")
    assert texts(warm) == dict.fromkeys(KEYS, "two")


def test_the_root_object_goes_by_its_own_name(warm: Site) -> None:
    assert warm.get("/").text == "one"
    warm.invalidated("/index.html")
    assert warm.get("/").text == "two"


def test_paths_are_case_sensitive_and_encoded(warm: Site) -> None:
    warm.put("a b.html", "one")
    warm.get("/a%20b.html")
    warm.put("a b.html", "two")
    warm.invalidated("/A%20b.html", "/Index.html")
    assert warm.get("/a%20b.html").text == "one"
    assert warm.get("/").text == "one"
    warm.invalidated("/a%20b.html")
    assert warm.get("/a%20b.html").text == "two"


def test_it_is_in_progress_until_it_is_done(warm: Site) -> None:
    made = warm.invalidate("/index.html")
    assert made["Status"] == "InProgress"
    assert warm.progress(made["Id"]) == "InProgress"
    listed = warm.cdn.list_invalidations(DistributionId=warm.id)["InvalidationList"]["Items"]
    assert [item["Status"] for item in listed] == ["InProgress"]
    eventually(lambda: warm.progress(made["Id"]) == "Completed", 10)
    assert warm.get("/").text == "two"


@pytest.mark.parametrize("path", ["index.html", "/a*b", "/*/", "/ü", "/a b"])
def test_paths_that_are_refused(warm: Site, path: str) -> None:
    with pytest.raises(ClientError) as caught:
        warm.invalidate("/index.html", path)
    assert caught.value.response["Error"]["Code"] == "InvalidArgument"


def test_no_more_than_3000_paths_are_in_progress(warm: Site) -> None:
    warm.invalidate(*(f"/{number}" for number in range(2000)))
    with pytest.raises(ClientError) as caught:
        warm.invalidate(*(f"/{number}" for number in range(1001)))
    assert caught.value.response["Error"]["Code"] == "TooManyInvalidationsInProgress"


def test_no_more_than_15_wildcards_are_in_progress(warm: Site) -> None:
    warm.invalidate(*(f"/{number}/*" for number in range(15)))
    with pytest.raises(ClientError) as caught:
        warm.invalidate("/more/*")
    assert caught.value.response["Error"]["Code"] == "TooManyInvalidationsInProgress"
    eventually(lambda: not in_progress(warm), 10)
    warm.invalidated("/more/*")


def in_progress(site: Site) -> bool:
    listed = site.cdn.list_invalidations(DistributionId=site.id)["InvalidationList"]["Items"]
    return any(item["Status"] == "InProgress" for item in listed)


def test_of_a_distribution_that_does_not_exist(site: Site) -> None:
    site.publish()
    known, site.id = site.id, "E0000000000000"
    with pytest.raises(ClientError) as caught:
        site.invalidate("/*")
    site.id = known
    assert caught.value.response["Error"]["Code"] == "NoSuchDistribution"
