"""The client side of whatever hands requests on: load balancers, distributions, the API port."""

import aiohttp

_MADE_BY_AIOHTTP = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


def upstream_session() -> aiohttp.ClientSession:
    """Return a client that adds nothing to a request, keeps nothing, and unpacks no body.

    Each request gets a connection of its own: on loopback that costs nothing, and no request can
    fail because an idle connection was closed, so nothing need ever be sent twice. There is no
    timeout but those that a request names. To be called in the loop that uses it.
    """
    made = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True, limit=0),
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=_MADE_BY_AIOHTTP,
        timeout=aiohttp.ClientTimeout(),
    )
    # What breaks a connection is an error to tell: aiohttp would send even a PUT again whose body
    # is gone.
    made._retry_connection = False  # noqa: SLF001
    return made
