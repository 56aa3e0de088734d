"""https://smithy.io/2.0/aws/protocols/aws-query-protocol.html"""

import json
from datetime import UTC, datetime

import pytest

from localcloud.wire import (
    ApiError,
    dumps,
    query_error,
    query_input,
    query_reply,
    service_model,
    validate,
)


def test_a_form_becomes_typed_input() -> None:
    fields = {
        "Action": "RegisterTargets",
        "TargetGroupArn": "arn",
        "Targets.member.1.Id": "10.0.0.1",
        "Targets.member.1.Port": "8000",
        "Targets.member.2.Id": "10.0.0.2",
    }
    assert query_input("elbv2", "RegisterTargets", fields) == {
        "TargetGroupArn": "arn",
        "Targets": [{"Id": "10.0.0.1", "Port": 8000}, {"Id": "10.0.0.2"}],
    }


def test_a_call_may_ask_for_nothing_in_particular() -> None:
    assert query_input("rds", "DescribeDBInstances", {"Action": "DescribeDBInstances"}) == {}


def test_nested_lists() -> None:
    fields = {"ListenerArn": "l", "Priority": "1"}
    for number in (1, 2):
        prefix = f"Actions.member.1.ForwardConfig.TargetGroups.member.{number}"
        fields |= {f"{prefix}.TargetGroupArn": f"g{number}", f"{prefix}.Weight": str(number)}
    fields |= {"Actions.member.1.Type": "forward"}
    fields |= {
        "Conditions.member.1.Field": "path-pattern",
        "Conditions.member.1.Values.member.1": "*",
    }
    given = query_input("elbv2", "CreateRule", fields)
    groups = given["Actions"][0]["ForwardConfig"]["TargetGroups"]
    assert groups[1] == {"TargetGroupArn": "g2", "Weight": 2}
    assert given["Conditions"] == [{"Field": "path-pattern", "Values": ["*"]}]


@pytest.mark.parametrize(
    ("action", "fields", "code"),
    [
        ("Nonsense", {}, "InvalidAction"),
        ("RegisterTargets", {"TargetGroupArn": "arn"}, "ValidationError"),
        (
            "RegisterTargets",
            {"TargetGroupArn": "a", "Targets.member.1.Id": "i", "Targets.member.1.Port": "x"},
            "ValidationError",
        ),
    ],
)
def test_what_does_not_fit_is_refused(action: str, fields: dict[str, str], code: str) -> None:
    with pytest.raises(ApiError) as caught:
        query_input("elbv2", action, fields)
    assert caught.value.code == code


def test_json_input_is_checked() -> None:
    validate("ecs", "ListServices", {"cluster": "c", "maxResults": 1})
    with pytest.raises(ApiError, match=r"InvalidParameterException.*maxResults"):
        validate("ecs", "ListServices", {"maxResults": "many"})
    with pytest.raises(ApiError, match="UnknownOperationException"):
        validate("ecs", "Nonsense", {})


def test_replies() -> None:
    xml = query_reply("urn:x", "Do", {"Items": [{"A": "<&>", "B": True}], "C": 1}).decode()
    assert "<Items><member><A>&lt;&amp;&gt;</A><B>true</B></member></Items><C>1</C>" in xml
    error = query_error("urn:x", ApiError("Bad", "a < b")).decode()
    assert "<Code>Bad</Code><Message>a &lt; b</Message>" in error
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    assert json.loads(dumps({"at": moment})) == {"at": moment.timestamp()}
    with pytest.raises(TypeError):
        dumps({"at": object()})


def test_rds_names_the_items_of_its_lists() -> None:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Filter.html"""
    fields = {"Filters.Filter.1.Name": "engine", "Filters.Filter.1.Values.Value.1": "postgres"}
    assert query_input("rds", "DescribeDBInstances", fields) == {
        "Filters": [{"Name": "engine", "Values": ["postgres"]}]
    }
    shape = service_model("rds").operation_model("DescribeDBInstances").output_shape
    result = {"DBInstances": [{"MultiAZ": True, "EnabledCloudwatchLogsExports": ["a<"]}]}
    xml = query_reply("urn:x", "DescribeDBInstances", result, shape).decode()
    exports = "<EnabledCloudwatchLogsExports><member>a&lt;</member></EnabledCloudwatchLogsExports>"
    assert f"<DBInstance><MultiAZ>true</MultiAZ>{exports}</DBInstance>" in xml
