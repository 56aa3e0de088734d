"""The source tag as a function of what goes into a build."""

import re

from hypothesis import given
from hypothesis import strategies as st

from deploy.image.source import (
    MAX_REBUILDS,
    rebuild_number,
    rebuilt_tag,
    source_tag,
    tags_of_source,
)

ARGS = st.dictionaries(st.text(), st.text())


def tag(
    args: dict[str, str] | None = None,
    *,
    context: str = "c",
    dockerfile: bytes = b"FROM scratch",
    platform: str = "linux/amd64",
) -> str:
    return source_tag(context, dockerfile, args or {}, platform)


def test_the_tag_of_this_format_stays_as_it_is() -> None:
    assert tag({"a": "1"}) == "src-2026891e7401e382539d"


@given(st.text(), st.binary(), ARGS, st.text())
def test_a_tag_is_one_that_a_registry_takes(
    context: str, dockerfile: bytes, args: dict[str, str], platform: str
) -> None:
    name = rebuilt_tag(source_tag(context, dockerfile, args, platform), MAX_REBUILDS)
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", name)


@given(st.dictionaries(st.text(), st.text(), min_size=2))
def test_the_order_of_arguments_does_not_count(args: dict[str, str]) -> None:
    assert tag(args) == tag(dict(reversed(args.items())))


@given(ARGS, ARGS)
def test_arguments_count_by_name_and_value(one: dict[str, str], other: dict[str, str]) -> None:
    same = source_tag("c", b"", one, "p") == source_tag("c", b"", other, "p")
    assert same == (one == other)


def test_everything_else_counts_too() -> None:
    tags = {
        tag(),
        tag(context="d"),
        tag(dockerfile=b"FROM other"),
        tag(platform="linux/arm64"),
        tag({"a": "1"}),
    }
    assert len(tags) == 5


@given(st.integers(0, MAX_REBUILDS))
def test_a_rebuild_is_one_of_its_sources_tags(number: int) -> None:
    name = rebuilt_tag(tag(), number)
    assert rebuild_number(name) == number
    assert name in tags_of_source(tag())


def test_one_request_holds_every_tag_of_a_source() -> None:
    assert len(set(tags_of_source(tag()))) == 100
