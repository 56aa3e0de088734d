"""How a plan reads: in a pipe, and on a narrow terminal."""

from hypothesis import given
from hypothesis import strategies as st

from deploy.events import Change
from deploy.plan_lines import plan_lines

PLAN = (
    Change("+", "image backend", "no image has source tag src-12", after="src-12"),
    Change("~", "service backend", "what it asks for does not run", "demo:1", "a new revision"),
    Change("~", f"$.{'x' * 50}.image", "another image", "a" * 99, "b", of="service backend"),
    Change("~", "site frontend", "1 of 2 files to upload, 1.1 kB"),
    Change("~", "index.html", "content, 1.1 kB", of="site frontend"),
    Change("-", "about.html", "not in the build", of="site frontend"),
)
TEXTS = st.text(alphabet="abc def-/", max_size=90).map(str.strip)
CHANGES = st.builds(
    Change, st.sampled_from("+~-="), TEXTS, TEXTS, st.none() | TEXTS, st.none() | TEXTS, TEXTS
)


def texts(columns: int = 0) -> list[str]:
    return [line.text for line in plan_lines(PLAN, columns)]


def test_what_tells_more_of_a_line_stands_below_it_with_its_reason_beside_it() -> None:
    assert texts()[-3:] == [
        "  ~ site frontend    1 of 2 files to upload, 1.1 kB",
        "      ~ index.html  content, 1.1 kB",
        "      - about.html  not in the build",
    ]


def test_a_value_that_the_reason_names_is_not_repeated() -> None:
    assert texts()[:4] == [
        "  + image backend    no image has source tag src-12",
        "  ~ service backend  what it asks for does not run",
        "      - demo:1",
        "      + a new revision",
    ]


def test_a_long_subject_does_not_push_the_others_to_the_right() -> None:
    assert texts()[4] == f"      ~ $.{'x' * 50}.image  another image"
    assert texts()[5] == f"          - {'a' * 29}…{'a' * 29}"


def test_a_narrow_terminal_gets_a_long_reason_below() -> None:
    lines = texts(45)
    assert lines[:2] == [
        "  + image backend    no image has source tag",
        "                     src-12",
    ]
    assert f"      ~ $.{'x' * 50}.image" in lines


@given(st.lists(CHANGES, max_size=5), st.integers(30, 120))
def test_no_reason_or_value_is_wider_than_the_terminal(changes: list[Change], columns: int) -> None:
    subjects = {change.subject for change in changes if len(change.subject) > 15}
    for text, _ in plan_lines(changes, columns):
        assert len(text) <= columns or any(subject in text for subject in subjects)


@given(st.lists(CHANGES, max_size=5))
def test_every_change_is_told_in_its_own_line(changes: list[Change]) -> None:
    lines = [text for text, _ in plan_lines(changes)]
    for change in changes:
        assert any(change.subject in text and change.reason in text for text in lines)
