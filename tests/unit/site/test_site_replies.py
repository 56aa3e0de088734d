"""What S3 answers about a site's object."""

from deploy.site import replies


def test_headers_are_read() -> None:
    found = replies.head(
        {
            "content-length": "7",
            "etag": '"e"',
            "last-modified": "Sun, 22 Nov 2026 08:00:00 GMT",
            "content-type": "text/html",
            "x-amz-meta-sha256": "ab",
            "x-amz-version-id": "v",
        }
    )
    assert (found.size, found.sha256, found.version, found.modified) == (7, "ab", "v", 1795334400.0)
    assert (found.headers.content_type, found.headers.cache_control) == ("text/html", "")
