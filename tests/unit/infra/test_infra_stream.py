"""Terraform's messages, as real runs printed them."""

import json

import pytest

from deploy.errors import PreflightError, ShipwayError, ToolError
from deploy.events import PhaseProgress
from deploy.infra import stream
from tests.unit.infra.samples import recorded


def progress(name: str) -> list[str]:
    events = [stream.progress(message, "apply", 0, 0) for message in recorded(name)]
    return [event.detail for event in events if event]


def test_each_resource_gets_a_line_and_a_slow_one_several() -> None:
    assert progress("apply.jsonl") == [
        "+ network.aws_vpc.main  created",
        "+ cluster.aws_lb.main  still creating, 10 s",
        "+ cluster.aws_lb.main  still creating, 20 s",
        "+ cluster.aws_lb.main  still creating, 30 s",
        "+ cluster.aws_lb.main  still creating, 40 s",
        "+ cluster.aws_lb.main  still creating, 50 s",
        "+ cluster.aws_lb.main  still creating, 60 s",
        "+ cluster.aws_lb.main  created after 60 s",
    ]


def test_progress_counts_resources() -> None:
    message = recorded("apply.jsonl")[-2]
    assert stream.progress(message, "apply", 3, 35) == PhaseProgress(
        "apply", "+ cluster.aws_lb.main  created after 60 s", done=3, total=35, unit="resources"
    )


def test_only_what_ended_is_counted() -> None:
    assert sum(map(stream.ended, recorded("apply.jsonl"))) == 2


def test_reading_a_data_source_is_no_progress_and_no_end() -> None:
    message = {
        "@message": "Read complete",
        "type": "apply_complete",
        "hook": {"resource": {"addr": "data.aws_region.current"}, "action": "read"},
    }
    assert stream.progress(message, "apply", 0, 0) is None
    assert not stream.ended(message)


def test_a_resource_that_failed_says_so() -> None:
    assert progress("apply-failed.jsonl") == [
        '+ registry["backend"].aws_ecr_repository.main  failed'
    ]


def test_planned_changes_leave_out_drift_and_no_ops() -> None:
    actions = [
        change["action"] for change in map(stream.planned, recorded("plan-replace.jsonl")) if change
    ]
    assert set(actions) == {"replace", "update"}
    no_op = {"@message": "", "type": "planned_change", "change": {"action": "noop"}}
    assert stream.planned(no_op) is None


@pytest.mark.parametrize(
    "line",
    [
        "There are some problems with the CLI configuration:",
        "│ Warning: Unable to open CLI configuration file",
        "",
        "[1]",
        "{}",
        '{"@message": ',
    ],
)
def test_other_lines_are_no_messages(line: str) -> None:
    assert stream.parse(line) is None


def failed(*, wrote: bool = True) -> ShipwayError:
    found = [d for d in map(stream.diagnostic, recorded("apply-failed.jsonl")) if d]
    return stream.failure("terraform apply", found, [], wrote=wrote)


def test_a_failure_shows_terraforms_words_the_place_and_what_to_do() -> None:
    error = failed()
    assert isinstance(error, ToolError)
    assert error.message.startswith("`terraform apply` failed: creating ECR Repository")
    assert "RepositoryAlreadyExistsException" in error.message
    assert error.details[0].startswith('registry["backend"].aws_ecr_repository.main ')
    assert "modules/registry/main.tf:" in error.details[0]
    assert "terraform import" in error.remedy


def test_warnings_are_no_reason_of_a_failure() -> None:
    assert not any("targeting" in line for line in failed().details)


@pytest.mark.parametrize(
    ("summary", "remedy"),
    [
        ("No valid credential sources found", "aws sso login"),
        ("validating provider credentials: ... api error ExpiredToken: ...", "aws sso login"),
        ("AWS account ID not allowed: 999999999999", "another account"),
        ("Unsupported Terraform Core version", "1.11 or later"),
        ("Failed to query available provider packages", "mirror"),
        ('Failed to get existing workspaces: S3 bucket "x" does not exist.', "bucket"),
        ("Error acquiring the state lock", "force-unlock"),
        ("dial tcp 127.0.0.1:4566: connect: connection refused", "invoke cloud.up"),
    ],
)
def test_what_is_missing_before_a_write_is_preflight(summary: str, remedy: str) -> None:
    found = [stream.Diagnostic("error", summary)]
    error = stream.failure("terraform plan", found, [], wrote=False)
    assert isinstance(error, PreflightError)
    assert remedy in error.remedy
    later = stream.failure("terraform apply", found, [], wrote=True)
    assert isinstance(later, ToolError)
    assert later.remedy


def test_without_a_diagnostic_the_raw_lines_are_shown() -> None:
    error = stream.failure("terraform init", [], ["panic: boom"], wrote=False)
    assert error.details == ("panic: boom",)


def test_a_diagnostic_may_lack_all_but_its_summary() -> None:
    line = json.dumps(
        {"@message": "x", "type": "diagnostic", "diagnostic": {"severity": "error", "summary": "s"}}
    )
    message = stream.parse(line)
    assert message is not None
    found = stream.diagnostic(message)
    assert found is not None
    assert found.lines() == ("s",)
