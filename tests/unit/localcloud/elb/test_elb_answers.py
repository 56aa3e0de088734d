"""Redirects, ports, headers, and what is put back into MiniStack's replies."""

import pytest
from multidict import CIMultiDict

from localcloud.elb.actions import Visited, failure, fixed_response, redirect
from localcloud.elb.forwarding import end_to_end, traced, upstream_headers
from localcloud.elb.listeners import candidates
from localcloud.elb.model import parse_group
from localcloud.elb.overlay import Overlay

NAMESPACE = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"
VISITED = Visited("HTTP", "example.com", 8000, "old/page", "q=1")


@pytest.mark.parametrize(
    ("config", "status", "location"),
    [
        ({"StatusCode": "HTTP_301"}, 301, "http://example.com:8000/old/page?q=1"),
        (
            {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_302"},
            302,
            "https://example.com:443/old/page?q=1",
        ),
        (
            {"Host": "www.#{host}", "Path": "/v2/#{path}", "Query": "", "StatusCode": "HTTP_301"},
            301,
            "http://www.example.com:8000/v2/old/page",
        ),
    ],
)
def test_redirect(config: dict[str, str], status: int, location: str) -> None:
    reply = redirect(config, VISITED)
    assert (reply.status, reply.location) == (status, location)


def test_own_replies() -> None:
    fixed = fixed_response({"StatusCode": "404", "ContentType": "a/b", "MessageBody": "no"})
    assert (fixed.status, fixed.content_type, fixed.body) == (404, "a/b", "no")
    assert "502 Bad Gateway" in failure(502, "Bad Gateway").body


def test_an_unprivileged_port_is_tried_first() -> None:
    assert candidates(9000, 8000)[:3] == [9000, 8000, 8001]
    assert candidates(8001, 8000)[:3] == [8001, 8000, 8002]
    assert candidates(80, 8000)[:2] == [8000, 8001]


def test_headers_about_the_connection_stay_behind() -> None:
    given = [
        ("Connection", "close, X-Own"),
        ("x-own", "1"),
        ("TE", "a"),
        ("Cookie", "c"),
        ("A", "1"),
    ]
    assert dict(end_to_end(given)) == {"Cookie": "c", "A": "1"}


def test_what_a_load_balancer_adds() -> None:
    given: CIMultiDict[str] = CIMultiDict(
        {"Host": "h", "X-Forwarded-For": "1.2.3.4", "Expect": "x"}
    )
    sent = upstream_headers(given, client="127.0.0.1", protocol="http", port=8000, now=0x1234)
    assert sent["X-Forwarded-For"] == "1.2.3.4, 127.0.0.1"
    assert (sent["X-Forwarded-Proto"], sent["X-Forwarded-Port"]) == ("http", "8000")
    assert sent["X-Amzn-Trace-Id"].startswith("Root=1-00001234-")
    assert sent["Host"] == "h"
    assert "Expect" not in sent
    assert given["X-Forwarded-For"] == "1.2.3.4"


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("", "Root=1-new"),
        ("Root=1-old", "Self=1-new;Root=1-old"),
        ("Self=1-other; Root=1-old;Mine=a", "Self=1-new;Root=1-old;Mine=a"),
        ("Mine=a", "Root=1-new;Mine=a"),
    ],
)
def test_a_trace_goes_on(earlier: str, later: str) -> None:
    assert traced(earlier, "1-new") == later


def test_a_target_group_as_described() -> None:
    group = parse_group(
        {
            "TargetGroupArn": "a",
            "TargetGroupName": "n",
            "Port": 8080,
            "HealthCheckPort": "9000",
            "HealthCheckPath": "/h",
            "HealthCheckIntervalSeconds": 7,
            "Matcher": {"HttpCode": "200-204"},
        },
        {"deregistration_delay.timeout_seconds": "15"},
    )
    assert (group.port, group.check.port, group.check.interval) == (8080, 9000, 7)
    assert group.deregistration_delay == 15
    assert group.check.matcher.matches(204)


def reply(rule: str) -> bytes:
    return (
        f'<DescribeRulesResponse xmlns="{NAMESPACE}"><DescribeRulesResult><Rules><member>'
        f"<RuleArn>{rule}</RuleArn><Priority>1</Priority><Conditions/>"
        "<Actions><member><Type>forward</Type></member></Actions>"
        "</member></Rules></DescribeRulesResult></DescribeRulesResponse>"
    ).encode()


def test_what_was_forgotten_is_put_back() -> None:
    overlay = Overlay()
    groups = [{"TargetGroupArn": "g1", "Weight": 2}, {"TargetGroupArn": "g2"}]
    actions = [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
    query = [{"Field": "query-string", "QueryStringConfig": {"Values": [{"Value": "<1>"}]}}]
    overlay.note(reply("arn:r"), {"Actions": actions, "Conditions": query})
    restored = overlay.restore(reply("arn:r")).decode()
    assert "<TargetGroupArn>g1</TargetGroupArn>" in restored
    assert restored.count("<Weight>") == 2
    assert "<Value>&lt;1&gt;</Value>" in restored
    assert overlay.restore(reply("arn:other")) == reply("arn:other")


def test_a_plain_change_is_left_to_ministack() -> None:
    overlay = Overlay()
    weighted = [{"Type": "forward", "ForwardConfig": {"TargetGroups": [{"TargetGroupArn": "g"}]}}]
    overlay.note(reply("arn:r"), {"Actions": weighted})
    overlay.note(reply("arn:r"), {"Actions": [{"Type": "forward", "TargetGroupArn": "g"}]})
    assert overlay.restore(reply("arn:r")) == reply("arn:r")
