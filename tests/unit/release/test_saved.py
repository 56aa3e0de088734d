"""A saved plan: what it is read back as, and how each thing that moved is named."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.errors import PreflightError
from deploy.release.saved import Saved, SavedService, SavedSite, elsewhere, moved, parse, serialize

ARN = "arn:aws:ecs:us-east-1:123456789012:task-definition/demo-backend:"
IMAGE = "$.containerDefinitions[backend].image"
SERVICE = SavedService(
    source_tag="src-1",
    image="build",
    digest="",
    definition="d1",
    paths=(IMAGE,),
    running=f"{ARN}7",
    deployment="ecs-svc/1",
    rollout="register",
    scaling=(1, 1),
)
SITE = SavedSite("b1", "r1", {"index.html": "content"}, (), interrupted=False)
SAVED = Saved(
    "demo", "prod", "123456789012", 100.0, "abc", {"backend": SERVICE}, {"frontend": SITE}
)

WORDS = st.sampled_from(["", "a", "b"])
PATHS = st.lists(WORDS, max_size=2, unique=True).map(tuple)
COUNTS = st.none() | st.integers(0, 2)
SERVICES = st.builds(
    SavedService,
    *[WORDS] * 4,
    PATHS,
    *[WORDS] * 3,
    st.tuples(COUNTS, COUNTS),
    PATHS,
)
SITES = st.builds(
    SavedSite, WORDS, WORDS, st.dictionaries(WORDS, WORDS, max_size=2), PATHS, st.booleans()
)
PLANS = st.builds(
    Saved,
    *[WORDS] * 3,
    st.floats(0, 1e9),
    WORDS,
    st.dictionaries(WORDS, SERVICES, max_size=2),
    st.dictionaries(WORDS, SITES, max_size=2),
)


@given(PLANS)
def test_what_is_saved_is_read_back(saved: Saved) -> None:
    assert parse(serialize(saved)) == saved


@given(PLANS, PLANS)
def test_plans_that_do_the_same_have_not_moved_and_all_others_have(one: Saved, two: Saved) -> None:
    same = (one.services, one.sites) == (two.services, two.sites)
    assert (moved(one, two) == ()) == same
    assert moved(one, replace(one, created=0.0, commit="another")) == ()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"source_tag": "src-2", "definition": "d2"}, "its source is src-2 now, and was src-1"),
        ({"image": "reuse", "digest": "sha256:1"}, "its image was built meanwhile"),
        ({"digest": "sha256:1"}, "its image is sha256:1 now"),
        ({"definition": "d2"}, f"would change in another way: {IMAGE}"),
        ({"definition": "d2", "paths": (IMAGE, "$.cpu")}, "would change in another way: $.cpu"),
        ({"running": f"{ARN}8"}, "demo-backend:8 runs now, and demo-backend:7 ran"),
        ({"deployment": "ecs-svc/2"}, "another deployment of demo-backend:7 has begun or ended"),
        ({"scaling": (0, 1)}, "the minimum of tasks is 0 now, and was 1"),
        ({"migration": ("0002",)}, "the revisions to migrate are other ones now (0002)"),
    ],
)
def test_what_moved_of_a_service_is_named(change: dict[str, object], told: str) -> None:
    now = replace(SERVICE, **change)  # type: ignore[arg-type]
    lines = moved(SAVED, replace(SAVED, services={"backend": now}))
    assert len(lines) == 1
    assert lines[0].startswith("service backend: ")
    assert told in lines[0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"build": "b2", "changes": {}}, "its build is another"),
        ({"live": "r2", "changes": {}}, "release r2 is live now, and r1 was"),
        ({"live": ""}, "release (none) is live now"),
        ({"changes": {"index.html": "headers"}}, "its bucket was changed: index.html"),
        ({"pending": ("/",)}, "what is left to invalidate is not the same"),
        ({"interrupted": True}, "another run is publishing it"),
    ],
)
def test_what_moved_of_a_site_is_named(change: dict[str, object], told: str) -> None:
    lines = moved(SAVED, replace(SAVED, sites={"frontend": replace(SITE, **change)}))  # type: ignore[arg-type]
    assert len(lines) == 1
    assert told in lines[0]


def test_a_part_more_or_less_is_named() -> None:
    now = replace(SAVED, services={"worker": SERVICE})
    assert moved(SAVED, now) == (
        "service worker is not in the saved plan",
        "service backend is in the saved plan, and not in this one",
    )


def test_another_commit_is_told_beside_what_it_moved() -> None:
    service = replace(SERVICE, source_tag="src-2")
    now = replace(SAVED, commit="def", services={"backend": service})
    assert moved(SAVED, now)[-1] == "the working tree is at def, and was at abc"


def test_a_plan_for_somewhere_else_is_recognized() -> None:
    defined = ("backend", "frontend")
    assert not elsewhere(SAVED, "demo", "prod", "123456789012", defined=defined)
    for project, environment, account in (
        ("other", "prod", "123456789012"),
        ("demo", "staging", "123456789012"),
        ("demo", "prod", ""),
    ):
        assert "and this is" in elsewhere(SAVED, project, environment, account, defined=defined)
    gone = elsewhere(SAVED, "demo", "prod", "123456789012", defined=["backend"])
    assert gone == "deploy.toml has no frontend any more"


@pytest.mark.parametrize("text", ["", "[]", "{}", "nonsense", '{"format": 2}'])
def test_a_file_that_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(PreflightError, match="no saved plan"):
        parse(text)


def test_a_damaged_part_is_refused() -> None:
    fields = json.loads(serialize(SAVED))
    del fields["services"]["backend"]["running"]
    with pytest.raises(PreflightError, match="no saved plan"):
        parse(json.dumps(fields))


def test_a_plan_of_another_format_is_refused() -> None:
    with pytest.raises(PreflightError, match="format 3"):
        parse(json.dumps({"format": 3, "whatever": 1}))
