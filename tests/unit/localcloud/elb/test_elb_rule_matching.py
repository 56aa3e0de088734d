"""https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html"""

from dataclasses import replace

import pytest

from localcloud.elb.model import parse_listener
from localcloud.elb.router import choose_rule
from localcloud.elb.rules import Condition, Request, matches

ASKED = Request(
    "GET", "www.example.com", "/img/a.png", (("v", "1"), ("x", "y")), {"x-user": "anna"}, "10.1.2.3"
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Condition("path-pattern", ("/img/*",)), True),
        (Condition("path-pattern", ("/img/?.png",)), True),
        (Condition("path-pattern", ("/img",)), False),
        (Condition("path-pattern", ("/IMG/*",)), False),
        (Condition("path-pattern", ("/[i]mg/*",)), False),
        (Condition("host-header", ("*.EXAMPLE.com",)), True),
        (Condition("host-header", ("example.com",)), False),
        (Condition("http-header", ("an*", "bo*"), "X-User"), True),
        (Condition("http-header", ("*",), "X-Other"), False),
        (Condition("http-request-method", ("POST", "GET")), True),
        (Condition("http-request-method", ("get",)), False),
        (Condition("query-string", (("v", "1"),)), True),
        (Condition("query-string", (("", "y"),)), True),
        (Condition("query-string", (("v", "2"),)), False),
        (Condition("source-ip", ("192.168.0.0/16", "10.0.0.0/8")), True),
        (Condition("source-ip", ("2001:db8::/32",)), False),
        (Condition("something-new", ("*",)), False),
    ],
)
def test_condition(condition: Condition, expected: bool) -> None:
    assert matches([condition], ASKED) is expected


def test_no_condition_always_holds_and_all_must() -> None:
    assert matches([], ASKED)
    held, broken = Condition("path-pattern", ("*",)), Condition("host-header", ("none",))
    assert not matches([held, broken], ASKED)


def forward(name: str) -> dict[str, object]:
    return {"Type": "forward", "TargetGroupArn": name}


def test_the_lowest_priority_is_tried_first_and_the_default_last() -> None:
    path = {"Field": "path-pattern", "Values": ["/img/*"]}
    any_path = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["*"]}}
    listener = parse_listener(
        {"ListenerArn": "l", "LoadBalancerArn": "b", "DefaultActions": [forward("default")]},
        [
            {"Priority": "default", "Conditions": [], "Actions": [forward("stale")]},
            {"Priority": "20", "Conditions": [any_path], "Actions": [forward("twenty")]},
            {"Priority": "3", "Conditions": [path], "Actions": [forward("three")]},
        ],
    )
    chosen = choose_rule(listener, ASKED)
    assert chosen.actions[0].forward == (("three", 1),)
    assert choose_rule(listener, replace(ASKED, path="/")).actions[0].forward == (("twenty", 1),)
    assert listener.rules[-1].actions[0].forward == (("default", 1),)
