"""The bucket when a cloud, or the way to it, is broken: what is sent again, and what is told."""

import threading
from pathlib import Path
from typing import Any

import pytest

from deploy.errors import ToolError
from deploy.site.bucket import Bucket
from deploy.site.fast_put import TRUSTED_FAILURES
from deploy.site.workers import each
from tests.integration.site.faulty_cloud import Fault, FaultyCloud
from tests.integration.site.world import bucket_at, site_file


@pytest.mark.parametrize("how", ["503", "500", "reset"])
def test_what_breaks_on_the_way_is_sent_again(
    faulty: Bucket, proxy: FaultyCloud, how: Any, tmp_path: Path
) -> None:
    (tmp_path / "body").write_bytes(b"content" * 20000)
    body = (tmp_path / "body").read_bytes()
    proxy.faults = [Fault("PUT", how, times=2), Fault("LIST", how), Fault("GET", how)]
    faulty.put(site_file("small.js", b"x"), b"x")
    proxy.faults[0].matched = 0
    faulty.put(site_file("large.js", body), tmp_path / "body")
    assert [item.key for item in faulty.list()] == ["large.js", "small.js"]
    got = faulty.get("large.js")
    assert got
    assert got.body == body


def test_a_conditional_write_whose_reply_was_lost_was_won(
    faulty: Bucket, bucket: Bucket, proxy: FaultyCloud
) -> None:
    """The first attempt got through, its reply did not: the second is told 412."""
    proxy.faults = [Fault("PUT", "500", key=r"live\.json")]
    etag = bucket.put_if("live.json", b"mine", "application/json", None)
    assert faulty.put_if("live.json", b"mine", "application/json", None) == etag
    proxy.faults = [Fault("PUT", "500", key=r"live\.json")]
    assert faulty.put_if("live.json", b"another's", "application/json", None) is None


def test_a_refusal_names_what_is_missing(faulty: Bucket, proxy: FaultyCloud) -> None:
    proxy.faults = [Fault("PUT", "403", times=9), Fault("LIST", "403")]
    with pytest.raises(ToolError, match=r"s3:PutObject on .*/a\.js"):
        faulty.put(site_file("a.js", b"x"), b"x")
    assert proxy.count() == {"PUT": 2}  # the fast way tries once, the other one says why
    with pytest.raises(ToolError, match="s3:ListBucket"):
        list(faulty.list())


def test_where_the_fast_way_is_blocked_it_is_left(faulty: Bucket, proxy: FaultyCloud) -> None:
    faulty._fast.http = bucket_at("http://127.0.0.1:1", faulty.name).http  # nobody is there
    files = [site_file(f"{number}", b"x") for number in range(TRUSTED_FAILURES + 4)]
    for file in files:
        faulty.put(file, b"x")
    assert proxy.count() == {"PUT": len(files)}
    assert faulty._fast._failures == TRUSTED_FAILURES


def test_an_interruption_leaves_no_thread(faulty: Bucket, proxy: FaultyCloud) -> None:
    def files() -> Any:
        yield from (site_file(str(number), b"x") for number in range(50))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(each(lambda file: faulty.put(file, b"x"), files()))
    assert not [thread for thread in threading.enumerate() if thread.name == "each"]
