"""What a listener answers by itself: redirects, fixed responses and its own errors."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Reply:
    """A response that the load balancer makes itself."""

    status: int
    body: str = ""
    content_type: str = "text/plain; charset=utf-8"
    location: str = ""


@dataclass(frozen=True)
class Visited:
    """The address that a client asked for. `path` has no leading slash; `query` no "?"."""

    protocol: str
    host: str
    port: int
    path: str
    query: str


def redirect(config: Mapping[str, str], visited: Visited) -> Reply:
    """Build a redirect, filling `#{host}` and its like with what the client asked for.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-action-types.html#redirect-actions
    """
    protocol = _fill(config.get("Protocol", "#{protocol}"), visited).lower()
    host = _fill(config.get("Host", "#{host}"), visited)
    port = _fill(config.get("Port", "#{port}"), visited)
    path = _fill(config.get("Path", "/#{path}"), visited)
    query = _fill(config.get("Query", "#{query}"), visited)
    location = f"{protocol}://{host}:{port}{path}" + (f"?{query}" if query else "")
    return Reply(int(config.get("StatusCode", "HTTP_302").removeprefix("HTTP_")), location=location)


def _fill(template: str, visited: Visited) -> str:
    for name in ("protocol", "host", "port", "path", "query"):
        template = template.replace(f"#{{{name}}}", str(getattr(visited, name)))
    return template


def fixed_response(config: Mapping[str, str]) -> Reply:
    """Build the fixed response of an action's configuration."""
    content_type = config.get("ContentType", "text/plain")
    return Reply(int(config.get("StatusCode", "200")), config.get("MessageBody", ""), content_type)


def failure(status: int, reason: str) -> Reply:
    """Build one of the load balancer's own errors; the page is like the one of AWS.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
    """
    title = f"{status} {reason}"
    page = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    return Reply(status, page, "text/html")
