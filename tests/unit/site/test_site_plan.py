"""What a deploy would do, for each state of build, bucket and live release."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from deploy.site.headers import IMMUTABLE
from deploy.site.manifest import Headers
from deploy.site.plan import SitePlan
from deploy.site.pointer import Pointer
from tests.unit.site.values import KEYS, World, entry_of, file_of, fingerprint

ASSET = "assets/index-BfX3kq9a.js"


def reasons(plan: SitePlan) -> dict[str, str]:
    return {upload.file.key: upload.reason for upload in plan.uploads}


def test_what_is_as_it_was_built_is_left_alone_without_a_question() -> None:
    world = World([entry_of("index.html"), entry_of(ASSET)])
    plan = world.plan([file_of(ASSET), file_of("index.html")])
    assert not plan.changed
    assert not plan.invalidate
    assert world.heads == []
    assert [change.sign for change in plan.changes] == ["="]
    assert (plan.files, plan.bytes) == (2, 2)


def test_a_first_deploy_uploads_everything_and_invalidates_nothing() -> None:
    files = [file_of("index.html"), file_of(ASSET), file_of("favicon.svg")]
    plan = World(pointer=None).plan(files)
    assert set(reasons(plan).values()) == {"new"}
    assert [[u.file.key for u in part] for part in (plan.assets, plan.stables, plan.pages)] == [
        [ASSET],
        ["favicon.svg"],
        ["index.html"],
    ]
    assert plan.upload_bytes == 3
    assert plan.invalidate == ()
    assert plan.fingerprint == fingerprint(sorted(files, key=lambda file: file.key))


def test_another_content_is_uploaded_whatever_size_and_time_say() -> None:
    world = World([entry_of("index.html", "a")])
    plan = world.plan([file_of("index.html", "b")])
    assert reasons(plan) == {"index.html": "content"}
    assert plan.invalidate == ("/", "/index.html")


def test_other_headers_alone_are_shown_before_and_after() -> None:
    world = World([entry_of("index.html"), entry_of("a.txt")])
    files = [file_of("index.html", cache={"*": "max-age=60"}), file_of("a.txt")]
    plan = world.plan(files)
    assert reasons(plan) == {"index.html": "headers"}
    change = plan.changes[1]
    assert (change.before, change.after) == ("cache-control: no-cache", "cache-control: max-age=60")
    assert plan.invalidate == ("/", "/index.html")


def test_what_somebody_else_changed_is_asked_for_and_put_right() -> None:
    world = World([entry_of("index.html"), entry_of("a.txt")])
    edited = file_of("index.html")
    world.put(edited._replace(headers=Headers("text/plain", "no-cache")))
    world.modified["a.txt"] = 200.0  # by its time only: a copy onto itself, say
    plan = world.plan([file_of("a.txt"), file_of("index.html")])
    assert sorted(world.heads) == ["a.txt", "index.html"]
    assert reasons(plan) == {"index.html": "headers"}
    assert [entry.file.key for entry in plan.kept_unknown] == ["a.txt"]


def test_an_object_without_our_hash_is_replaced() -> None:
    world = World()
    world.put(file_of("index.html"), known=False)
    assert reasons(world.plan([file_of("index.html")])) == {"index.html": "content"}


def test_an_object_of_another_size_needs_no_question() -> None:
    world = World()
    world.put(file_of("index.html", "old and longer"), known=False)
    assert reasons(world.plan([file_of("index.html")])) == {"index.html": "content"}
    assert world.heads == []


def test_what_a_killed_run_uploaded_is_not_uploaded_again_but_invalidated() -> None:
    world = World([entry_of("index.html", "a"), entry_of("b.html", "a")])
    world.pointer = Pointer(release="r1", state="publishing")
    world.put(file_of(ASSET))
    world.put(file_of("index.html", "b"))
    plan = world.plan([file_of(ASSET), file_of("index.html", "b"), file_of("b.html", "b")])
    assert reasons(plan) == {"b.html": "content"}
    assert plan.invalidate == ("/", "/b.html", "/index.html")


def test_pages_that_a_killed_run_left_are_taken_away() -> None:
    world = World([entry_of("index.html")], Pointer(release="r1", state="publishing"))
    world.put(file_of("draft.html"))
    world.put(file_of("draft.css"))
    plan = world.plan([file_of("index.html")])
    assert (plan.gone_pages, plan.strays) == (("draft.html",), 1)
    assert plan.changed


def test_a_killed_run_that_wrote_nothing_is_ended() -> None:
    world = World([entry_of("index.html")], Pointer(release="r1", state="publishing"))
    assert world.plan([file_of("index.html")]).changed


def test_what_others_keep_in_the_bucket_stays() -> None:
    world = World([entry_of("index.html")])
    world.put(file_of("google-verification.html"), known=False)
    plan = world.plan([file_of("index.html")])
    assert not plan.changed
    assert plan.strays == 1


def test_gone_pages_are_deleted_and_other_gone_files_stay() -> None:
    world = World([entry_of(key) for key in ("about.html", ASSET, "index.html", "logo.svg")])
    plan = world.plan([file_of("index.html")])
    assert plan.gone_pages == ("about.html",)
    assert plan.gone_rest == (ASSET, "logo.svg")
    assert set(plan.dropped) == {"about.html", ASSET, "logo.svg"}
    assert plan.invalidate == ("/about.html",)


def test_a_page_that_somebody_deleted_is_new_and_forgotten_at_the_edge() -> None:
    world = World([entry_of("index.html"), entry_of("a.html")])
    del world.objects["index.html"], world.objects["a.html"]
    plan = world.plan([file_of("index.html")])
    assert reasons(plan) == {"index.html": "new"}
    assert plan.vanished == ("a.html",)
    assert plan.invalidate == ("/", "/a.html", "/index.html")


def test_an_asset_that_comes_back_is_found_and_costs_nothing() -> None:
    world = World([entry_of("index.html")])
    world.put(file_of(ASSET))
    plan = world.plan([file_of(ASSET), file_of("index.html")])
    assert [entry.file.key for entry in plan.kept_unknown] == [ASSET]
    assert not plan.uploads
    assert not plan.invalidate


def test_an_asset_that_changed_under_its_name_waits_for_the_claim_and_warns() -> None:
    world = World([entry_of(ASSET, "a"), entry_of("index.html")])
    plan = world.plan([file_of(ASSET, "b"), file_of("index.html")])
    assert not plan.assets
    assert [upload.file.key for upload in plan.stables] == [ASSET]
    assert plan.invalidate == (f"/{ASSET}",)
    assert "no-cache" in plan.warnings[0]


def test_the_pending_invalidation_of_an_earlier_run_is_part_of_the_plan() -> None:
    world = World([entry_of("index.html")])
    world.pointer = Pointer(release="r1", state="invalidating", pending=("/old",))
    plan = world.plan([file_of("index.html")])
    assert not plan.changed
    assert plan.all_paths == ("/old",)
    assert plan.changes[-1].reason == "not confirmed in an earlier run: /old"


def test_a_long_plan_shows_its_pages_first_and_counts_the_rest() -> None:
    files = [file_of(f"assets/x{number}-BfX3kq9a.js") for number in range(40)]
    plan = World().plan([*files, file_of("index.html")])
    lines = plan.changes
    assert lines[0].reason == "41 of 41 files to upload, 41 B"
    assert (lines[1].subject, lines[1].reason) == ("index.html", "new, 1 B")
    assert lines[21].subject == "and 21 more"
    assert {line.of for line in lines[1:]} == {"site frontend"}
    assert len(lines) == 22


CONTENTS = st.dictionaries(KEYS, st.sampled_from(["a", "b", "longer"]), max_size=8)
CACHES = st.sampled_from([{}, {"*a*": "max-age=5"}, {"*": IMMUTABLE}])


@given(CONTENTS, CONTENTS, CONTENTS, CACHES, st.booleans())
def test_after_an_apply_there_is_nothing_left_to_do(
    live: Mapping[str, str],
    others: Mapping[str, str],
    built: Mapping[str, str],
    cache: Mapping[str, str],
    killed: bool,
) -> None:
    """Whatever was live, whatever others put there: the bucket then holds the build."""
    state = Pointer(release="r1", state="publishing" if killed else "live")
    world = World([entry_of(*item) for item in live.items()], state)
    for key, content in others.items():
        world.put(file_of(key, content), known=len(content) > 1)
    files = [file_of(*item, cache) for item in built.items()]
    plan = world.plan(files)
    world.apply(plan)
    for file in files:
        assert world.objects[file.key].file == file
    again = world.plan(files)
    assert not again.changed
    assert [entry.file for entry in world.entries] == sorted(files, key=lambda file: file.key)
    assert again.fingerprint == plan.fingerprint


@given(CONTENTS, CONTENTS)
def test_every_change_of_a_live_name_is_invalidated(
    live: Mapping[str, str], built: Mapping[str, str]
) -> None:
    plan = World([entry_of(*item) for item in live.items()]).plan(
        [file_of(*item) for item in built.items()]
    )
    pages = [key for key in live if key not in built and file_of(key).kind == "page"]
    changed = [key for key in live.keys() & built.keys() if live[key] != built[key]]
    assert bool(plan.invalidate) == bool(pages or changed)
