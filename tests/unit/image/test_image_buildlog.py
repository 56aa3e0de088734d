"""BuildKit's plain progress, as two of its versions print it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.image.buildlog import KEPT_LINES, BuildLog, base_image, remedy

# docker 20.10, recorded.
TWO_STAGES = """\
#1 [internal] load build definition from Dockerfile
#1 sha256:c1459c2bfd64d8a9173c5a68668ca6ea10b7dc9a669be0b26aecae1357cab50a
#1 transferring dockerfile: 130B done
#1 DONE 0.0s

#3 [base 1/1] COPY a.txt /a.txt
#3 sha256:2933050c9450d4c4377b8ca87b81ca6683936e51b58520d441d43af0d2d60c4d
#3 DONE 0.0s

#4 [stage-1 1/2] COPY --from=base /a.txt /b.txt
#4 CACHED

#5 [stage-1 2/2] COPY d /d
#5 DONE 0.0s

#7 exporting to image
#7 writing image sha256:eb53504c773f4e9b4a4501fd1ab8385e6e1d4bbed5301f9a92827cab210e422f done
#7 DONE 0.0s
"""
FAILED_RUN = """\
#4 [1/2] FROM docker.io/library/base:1
#4 CACHED

#5 [2/2] RUN ["/nope", "x"]
#5 sha256:fbb4d869ec3f308ca71d81928bb43cb745206cd7039c244fa33d3dcca1cd1477
#5 0.240 runc run failed: exec: "/nope": stat /nope: no such file or directory
#5 ERROR: executor failed running [/nope x]: exit code: 1
------
 > [2/2] RUN ["/nope", "x"]:
------
executor failed running [/nope x]: exit code: 1
"""
REFUSED = """\
#2 [internal] load .dockerignore
#2 DONE 0.0s
failed to solve with frontend dockerfile.v0: failed to create LLB definition: \
dockerfile parse error line 2: unknown instruction: RUNN
"""
NO_BASE = """\
#3 [internal] load metadata for docker.io/library/python:99
#3 sha256:fe764160ca9ddee8596c8417ca8e50d5d99a19e9dac44d66b87ae6d09d15b522
#3 ERROR: failed to do request: dial tcp: lookup registry.example: no such host
------
 > [internal] load metadata for docker.io/library/python:99:
------
"""
# buildx 0.12 words the end otherwise, and shows the place in the Dockerfile.
BUILDX_FAILED = """\
#7 [build 2/3] RUN pip install nothing-like-it
#7 1.204 ERROR: No matching distribution found for nothing-like-it
#7 ERROR: process "/bin/sh -c pip install" did not complete successfully: exit code: 1
------
 > [build 2/3] RUN pip install nothing-like-it:
1.204 ERROR: No matching distribution found for nothing-like-it
------
Dockerfile:3
--------------------
   3 | >>> RUN pip install nothing-like-it
--------------------
ERROR: failed to solve: process "/bin/sh -c pip install" did not complete: exit code: 1
"""


def read(text: str) -> BuildLog:
    log = BuildLog()
    for line in text.splitlines():
        log.read(line)
    return log


def test_steps_are_counted_over_all_stages() -> None:
    log = read(TWO_STAGES)
    assert (log.done, log.total) == (3, 3)


def test_a_step_is_told_when_it_starts_and_when_it_ends() -> None:
    log = BuildLog()
    told = [step for line in TWO_STAGES.splitlines() if (step := log.read(line))]
    assert told == [
        *["[base 1/1] COPY a.txt /a.txt"] * 2,
        *["[stage-1 1/2] COPY --from=base /a.txt /b.txt"] * 2,
        *["[stage-1 2/2] COPY d /d"] * 2,
    ]


@pytest.mark.parametrize(
    ("text", "step", "cause", "line"),
    [
        (FAILED_RUN, '[2/2] RUN ["/nope", "x"]', "exit code: 1", "runc run failed"),
        (BUILDX_FAILED, "[build 2/3] RUN pip install", "exit code: 1", "No matching distribution"),
    ],
)
def test_the_failing_step_comes_with_its_own_lines(
    text: str, step: str, cause: str, line: str
) -> None:
    failed = read(text).failed()
    assert failed.step.startswith(step)
    assert failed.cause.endswith(cause)
    assert line in failed.lines[-1]
    assert "app/Dockerfile" in remedy(failed, "app/Dockerfile")


def test_a_dockerfile_that_is_refused_has_no_step_but_a_cause() -> None:
    failed = read(REFUSED).failed()
    assert failed.step == ""
    assert failed.cause == "dockerfile parse error line 2: unknown instruction: RUNN"


def test_a_base_image_that_can_not_be_got_is_named() -> None:
    failed = read(NO_BASE).failed()
    assert base_image(failed) == "docker.io/library/python:99"
    assert "docker.io/library/python:99" in remedy(failed, "Dockerfile")


def test_a_full_disk_has_its_own_remedy() -> None:
    text = "#5 [1/1] COPY a /\n#5 ERROR: write /a: no space left on device"
    assert "prune" in remedy(read(text).failed(), "Dockerfile")


def test_of_a_long_step_the_last_lines_are_kept() -> None:
    lines = [f"#5 0.1 line {number}" for number in range(100)]
    failed = read("\n".join(["#5 [1/1] RUN make", *lines, "#5 ERROR: exit code: 2"])).failed()
    assert len(failed.lines) == KEPT_LINES
    assert failed.lines[-1] == "line 99"


def test_a_build_that_said_nothing_still_has_a_cause() -> None:
    assert read("").failed().cause


@given(st.lists(st.sampled_from((TWO_STAGES + FAILED_RUN + BUILDX_FAILED).splitlines())))
def test_no_order_of_lines_breaks_it(lines: list[str]) -> None:
    log = read("\n".join(lines))
    assert log.failed().cause


@given(st.lists(st.text()))
def test_no_text_breaks_it(lines: list[str]) -> None:
    log = BuildLog()
    for line in lines:
        log.read(line)
    assert log.failed().cause
