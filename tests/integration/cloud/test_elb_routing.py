"""Which target a request reaches, and what the load balancer answers when there is none.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-listeners.html
"""

import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.integration.cloud.balancer import Balancer
from tests.integration.cloud.targets import App
from tests.integration.local_cloud import Cloud, eventually
from tests.ports import free_port

pytestmark = pytest.mark.ecs
Serve = Callable[..., App]


def forward(group: str) -> dict[str, Any]:
    return {"Type": "forward", "TargetGroupArn": group}


def fixed(text: str) -> dict[str, Any]:
    config = {"StatusCode": "203", "ContentType": "text/css", "MessageBody": text}
    return {"Type": "fixed-response", "FixedResponseConfig": config}


def test_requests_take_turns(balancer: Balancer, serve: Serve) -> None:
    first, second = serve(name="first"), serve(name="second")
    balancer.listen()
    balancer.register(first.port, second.port)
    balancer.until(first.port, "healthy")
    balancer.until(second.port, "healthy")
    names = [balancer.who() for _ in range(10)]
    assert names.count("first") == names.count("second") == 5


def test_only_healthy_targets_get_requests(balancer: Balancer, serve: Serve) -> None:
    good, bad = serve(name="good"), serve(name="bad", health=500)
    balancer.listen()
    balancer.register(bad.port, good.port)
    balancer.until(good.port, "healthy")
    assert {balancer.who() for _ in range(8)} == {"good"}
    assert balancer.state(bad.port) == "initial"


def test_with_no_healthy_target_it_fails_open(balancer: Balancer, serve: Serve) -> None:
    first, second = serve(name="first", health=500), serve(name="second", health=500)
    balancer.listen()
    balancer.register(first.port, second.port)
    balancer.until(second.port, "unhealthy")
    assert {balancer.who() for _ in range(4)} == {"first", "second"}


def test_no_registered_target_is_503(balancer: Balancer) -> None:
    balancer.listen()
    reply = balancer.get()
    assert reply.status_code == 503
    assert "503 Service Temporarily Unavailable" in reply.text


def test_a_target_that_refuses_is_502(balancer: Balancer) -> None:
    balancer.listen()
    balancer.register(free_port())
    assert balancer.get().status_code == 502


def test_a_target_that_hangs_up_is_502_and_asked_once(balancer: Balancer, serve: Serve) -> None:
    app = serve()
    balancer.listen()
    balancer.register(app.port)
    assert balancer.get("/die").status_code == 502
    assert app.seen == ["/die"]


def test_a_target_that_is_silent_for_the_idle_timeout_is_504(
    balancer: Balancer, serve: Serve
) -> None:
    app = serve()
    balancer.listen()
    balancer.idle_after(1)
    balancer.register(app.port)
    assert balancer.get("/slow").status_code == 504


@pytest.mark.parametrize("path", ["/health", "/v2/", "/_localstack/health", "/_localcloud/status"])
def test_every_path_reaches_the_application(balancer: Balancer, serve: Serve, path: str) -> None:
    """By its own port, by Host header on the API port, and by /_alb/<name>."""
    app = serve()
    balancer.listen()
    balancer.register(app.port)
    endpoint = balancer.cloud.endpoint
    assert balancer.get(path).json()["path"] == path
    for host in (f"{balancer.name}.alb.localhost", balancer.dns_name):
        reply = httpx.get(f"{endpoint}{path}", headers={"Host": host}, trust_env=False)
        assert reply.json()["path"] == path
        assert ["host", host] in reply.json()["headers"]
    reply = httpx.get(f"{endpoint}/_alb/{balancer.name}{path}?a=%2F", trust_env=False)
    assert reply.json()["path"] == f"{path}?a=%2F"


def test_rules_are_tried_in_order_of_priority(balancer: Balancer, serve: Serve) -> None:
    app = serve(name="default")
    balancer.listen()
    balancer.register(app.port)
    conditions: dict[str, dict[str, Any]] = {
        "path": {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/img/*.png"]}},
        "host": {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example.com"]}},
        "header": {
            "Field": "http-header",
            "HttpHeaderConfig": {"HttpHeaderName": "X-Canary", "Values": ["y*"]},
        },
        "method": {
            "Field": "http-request-method",
            "HttpRequestMethodConfig": {"Values": ["DELETE"]},
        },
        "query": {
            "Field": "query-string",
            "QueryStringConfig": {"Values": [{"Key": "version", "Value": "v?"}]},
        },
        "source": {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}},
    }
    for priority, (name, condition) in enumerate(conditions.items(), start=1):
        balancer.elb.create_rule(
            ListenerArn=balancer.listener,
            Priority=priority,
            Conditions=[condition],
            Actions=[fixed(name)],
        )
    assert balancer.get("/img/a.png").text == "path"
    assert balancer.get("/img/a.png", headers={"Host": "a.example.com"}).text == "path"
    assert balancer.get("/", headers={"Host": "A.example.com:80"}).text == "host"
    assert balancer.get("/", headers={"X-Canary": "yes"}).text == "header"
    assert httpx.delete(balancer.url, trust_env=False).text == "method"
    assert balancer.get("/?version=v2").text == "query"
    assert balancer.who("/IMG/a.png?version=2", headers={"X-Canary": "no"}) == "default"


def test_all_conditions_of_a_rule_must_hold(balancer: Balancer) -> None:
    balancer.listen_with(80, fixed("default"))
    balancer.elb.create_rule(
        ListenerArn=balancer.listener,
        Priority=1,
        Conditions=[
            {"Field": "path-pattern", "Values": ["/a"]},
            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["POST"]}},
        ],
        Actions=[fixed("both")],
    )
    assert balancer.get("/a").text == "default"
    assert httpx.post(f"{balancer.url}/a", trust_env=False).text == "both"


def test_a_fixed_response_is_sent_as_configured(balancer: Balancer) -> None:
    balancer.listen_with(80, fixed("hello"))
    reply = balancer.get()
    assert (reply.status_code, reply.text) == (203, "hello")
    assert reply.headers["content-type"] == "text/css"


def test_a_redirect_keeps_what_it_does_not_name(balancer: Balancer) -> None:
    config = {"Path": "/new/#{path}", "StatusCode": "HTTP_301"}
    balancer.listen_with(80, {"Type": "redirect", "RedirectConfig": config})
    reply = balancer.get("/old/page?q=1")
    assert reply.status_code == 301
    assert reply.headers["location"] == f"{balancer.url}/new/old/page?q=1"


def test_a_redirect_to_https(balancer: Balancer) -> None:
    config = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_302"}
    balancer.listen_with(80, {"Type": "redirect", "RedirectConfig": config})
    reply = balancer.get("/a", headers={"Host": "example.com"})
    assert reply.headers["location"] == "https://example.com:443/a"


def test_a_weighted_forward_is_kept_and_obeyed(balancer: Balancer, serve: Serve) -> None:
    old, new = serve(name="old"), serve(name="new")
    groups = [balancer.make_group(), balancer.make_group()]
    weights = [
        {"TargetGroupArn": arn, "Weight": w} for arn, w in zip(groups, (0, 100), strict=True)
    ]
    action = {"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}
    balancer.listen_with(80, action)
    described = balancer.elb.describe_listeners(ListenerArns=[balancer.listener])
    kept = described["Listeners"][0]["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]
    assert kept == weights
    balancer.register(old.port, group=groups[0])
    balancer.register(new.port, group=groups[1])
    assert {balancer.who() for _ in range(6)} == {"new"}
    balancer.elb.modify_listener(ListenerArn=balancer.listener, DefaultActions=[forward(groups[0])])
    assert {balancer.who() for _ in range(6)} == {"old"}


def test_a_port_above_1023_is_the_real_one(balancer: Balancer) -> None:
    port = free_port()
    balancer.listen_with(port, fixed("hello"))
    assert balancer.url == f"http://localhost:{port}"
    assert balancer.get().text == "hello"


def test_a_taken_port_is_replaced(balancer: Balancer, serve: Serve) -> None:
    app = serve()
    balancer.listen_with(app.port, fixed("hello"))
    assert balancer.url != f"http://localhost:{app.port}"
    assert balancer.get().text == "hello"


def test_both_addresses_of_localhost_answer(balancer: Balancer) -> None:
    balancer.listen_with(80, fixed("hello"))
    port = balancer.url.rpartition(":")[2]
    for host in {str(info[4][0]) for info in socket.getaddrinfo("localhost", port)}:
        shown = f"[{host}]" if ":" in host else host
        assert httpx.get(f"http://{shown}:{port}", trust_env=False).text == "hello"


def test_a_listener_closes_with_its_deletion(balancer: Balancer) -> None:
    balancer.listen_with(80, fixed("hello"))
    url = balancer.url
    balancer.elb.delete_listener(ListenerArn=balancer.listener)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
    balancer.listen_with(80, fixed("again"))
    assert balancer.url == url


def test_a_listener_closes_with_its_load_balancer(cloud: Cloud) -> None:
    balancer = Balancer(cloud)
    balancer.listen_with(80, fixed("hello"))
    url = balancer.url
    balancer.close()
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)
    assert balancer.name not in {item["load_balancer"] for item in cloud.status()["listeners"]}


def test_a_draining_target_gets_nothing_new_and_finishes(balancer: Balancer, serve: Serve) -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay"""
    from concurrent.futures import ThreadPoolExecutor

    old, new = serve(name="old"), serve(name="new")
    balancer.listen(delay=3)
    balancer.register(old.port)
    balancer.until(old.port, "healthy")
    with ThreadPoolExecutor(1) as pool:
        in_flight = pool.submit(balancer.get, "/slow")
        assert old.arrived.wait(10)
        balancer.register(new.port)
        balancer.until(new.port, "healthy")
        balancer.deregister(old.port)
        assert balancer.health(old.port)["State"] == "draining"
        assert balancer.health(old.port)["Reason"] == "Target.DeregistrationInProgress"
        assert {balancer.who() for _ in range(6)} == {"new"}
        old.release.set()
        assert in_flight.result(10).text == "old"
        assert 2 < balancer.until(old.port, "unused") + 1 < 6


def test_the_delay_decides_how_long_it_drains(balancer: Balancer, serve: Serve) -> None:
    app = serve()
    balancer.listen(delay=0)
    balancer.register(app.port)
    balancer.until(app.port, "healthy")
    balancer.deregister(app.port)
    assert balancer.state(app.port) == "unused"
    assert balancer.get().status_code == 503


def test_a_target_can_come_back_while_it_drains(balancer: Balancer, serve: Serve) -> None:
    app = serve()
    balancer.listen(delay=300)
    balancer.register(app.port)
    balancer.until(app.port, "healthy")
    balancer.deregister(app.port)
    eventually(lambda: balancer.state(app.port) == "draining")
    balancer.register(app.port)
    balancer.until(app.port, "healthy")
