"""A push as its user sees it: bytes, retries, and one clear error."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest
from docker.errors import APIError
from hypothesis import given
from hypothesis import strategies as st
from requests import ConnectionError as BrokenError

from deploy.config.model import Sensitive
from deploy.errors import BuildError
from deploy.events import Event, Note, PhaseProgress
from deploy.image.plan import ImagePlan
from deploy.image.push import ATTEMPTS, LONGEST_DELAY, TagTakenError, delay, push_image
from deploy.image.pushlog import PushState, fold, is_passing, is_taken, remedy
from deploy.image.registry import RegistryLogin

if TYPE_CHECKING:
    from docker import DockerClient

DIGEST = "sha256:" + "3b" * 32
CANARY = "canary-91c2"

# docker 20.10, recorded.
PUSHED = [
    {"status": "The push refers to repository [registry.example/shop/backend]"},
    {"status": "Preparing", "progressDetail": {}, "id": "a"},
    {"status": "Preparing", "progressDetail": {}, "id": "b"},
    {"status": "Waiting", "progressDetail": {}, "id": "c"},
    {"status": "Layer already exists", "progressDetail": {}, "id": "c"},
    {"status": "Pushing", "progressDetail": {"current": 512, "total": 2000}, "id": "a"},
    {"status": "Pushing", "progressDetail": {"current": 2048, "total": 3}, "id": "b"},
    {"status": "Pushing", "progressDetail": {"current": 2000, "total": 2000}, "id": "a"},
    {"status": "Pushed", "progressDetail": {}, "id": "a"},
    {"status": "Pushed", "progressDetail": {}, "id": "b"},
    {"status": f"{'src-1'}: digest: {DIGEST} size: 730"},
    {"progressDetail": {}, "aux": {"Tag": "src-1", "Digest": DIGEST, "Size": 730}},
]
UNAVAILABLE = {"error": "received unexpected HTTP status: 503 Service Unavailable"}
DENIED = {"errorDetail": {"message": "denied: not authorized"}, "error": "denied: not authorized"}
TAKEN = {"error": "tag invalid: The image tag 'src-1' already exists ... the tag is immutable."}


@dataclass
class ScriptedEngine:
    """Answers each push with the next script; an exception in it is raised."""

    scripts: list[list[Any]]
    logins: list[dict[str, str]] = field(default_factory=list)

    @property
    def images(self) -> "ScriptedEngine":
        return self

    def push(self, _repository: str, *, auth_config: dict[str, str], **_: Any) -> Iterator[Any]:
        self.logins.append(auth_config)
        for message in self.scripts[len(self.logins) - 1]:
            if isinstance(message, Exception):
                raise message
            yield message


@dataclass
class Attempted:
    engine: ScriptedEngine
    events: list[Event] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def push(self, plan: ImagePlan) -> str:
        numbers = iter(range(100))
        return push_image(
            plan,
            cast("DockerClient", self.engine),
            lambda: RegistryLogin("https://reg", "AWS", Sensitive(f"{CANARY}{next(numbers)}")),
            self.events.append,
            self.slept.append,
            phase="push",
            jitter=lambda: 1.0,
        )


def scripted(*scripts: list[Any]) -> Attempted:
    return Attempted(ScriptedEngine(list(scripts)))


def test_layers_are_summed_into_bytes(plan: ImagePlan) -> None:
    attempted = scripted(PUSHED)
    assert attempted.push(plan) == DIGEST
    progress = [event for event in attempted.events if isinstance(event, PhaseProgress)]
    detail = "1 layer already in the registry"
    assert [(event.done, event.total) for event in progress] == [
        (0, 0),
        (512, 2000),
        (515, 2003),
        (2003, 2003),
    ]
    assert progress[-1] == PhaseProgress("push", detail, 2003, 2003, "bytes")


@pytest.mark.parametrize(
    "failure",
    [
        [UNAVAILABLE],
        [*PUSHED[:6], {"error": "read: connection reset by peer"}],
        [BrokenError("gone")],
        [APIError("x", response=None, explanation="unexpected EOF")],
        [{"error": "denied: Your authorization token has expired. Reauthenticate and try again."}],
    ],
)
def test_what_passes_is_tried_again_with_a_new_login(plan: ImagePlan, failure: list[Any]) -> None:
    attempted = scripted(failure, PUSHED)
    assert attempted.push(plan) == DIGEST
    assert attempted.slept == [0.5]
    passwords = [login["password"] for login in attempted.engine.logins]
    assert passwords == [f"{CANARY}0", f"{CANARY}1"]
    assert [event for event in attempted.events if isinstance(event, Note)]


def test_tries_are_bounded(plan: ImagePlan) -> None:
    attempted = scripted(*[[UNAVAILABLE]] * ATTEMPTS)
    with pytest.raises(BuildError, match=f"{ATTEMPTS} times") as caught:
        attempted.push(plan)
    assert caught.value.details == (UNAVAILABLE["error"],)
    assert attempted.slept == [0.5, 1.0, 2.0, 4.0]


def test_what_does_not_pass_is_told_at_once(plan: ImagePlan) -> None:
    attempted = scripted([DENIED])
    with pytest.raises(BuildError, match="could not be pushed") as caught:
        attempted.push(plan)
    assert "ecr:PutImage" in caught.value.remedy
    assert not attempted.slept


def test_a_taken_tag_is_an_error_of_its_own(plan: ImagePlan) -> None:
    with pytest.raises(TagTakenError, match="another image"):
        scripted([TAKEN]).push(plan)


def test_a_push_without_a_digest_is_no_success(plan: ImagePlan) -> None:
    with pytest.raises(BuildError) as caught:
        scripted(PUSHED[:5]).push(plan)
    assert "without a digest" in caught.value.details[0]


def test_the_token_is_in_no_event_and_no_error(plan: ImagePlan) -> None:
    attempted = scripted([UNAVAILABLE], [DENIED])
    with pytest.raises(BuildError) as caught:
        attempted.push(plan)
    told = [*attempted.events, caught.value, caught.value.details, caught.value.remedy]
    assert CANARY not in repr(told)
    assert CANARY not in repr(RegistryLogin("s", "AWS", Sensitive(CANARY)))


@given(st.integers(1, 50), st.floats(0, 1))
def test_a_wait_is_never_long(attempt: int, fraction: float) -> None:
    assert 0 <= delay(attempt, fraction) <= LONGEST_DELAY


@pytest.mark.parametrize(
    ("error", "passing", "taken", "word"),
    [
        ("received unexpected HTTP status: 502 Bad Gateway", True, False, "answers"),
        ("net/http: TLS handshake timeout", True, False, "answers"),
        ("toomanyrequests: Rate exceeded", True, False, "answers"),
        ("no basic auth credentials", False, False, "ecr:PutImage"),
        ("name unknown: The repository with name 'x' does not exist", False, False, "infra.apply"),
        ("tag invalid: tag 't1' is immutable", False, True, "again"),
        ("unauthorized: authentication required", False, False, "ecr:PutImage"),
    ],
)
def test_what_the_registry_says_is_understood(
    error: str, passing: bool, taken: bool, word: str
) -> None:
    assert (is_passing(error), is_taken(error)) == (passing, taken)
    assert word in remedy(error, "https://reg")


MESSAGES = st.lists(
    st.sampled_from(PUSHED)
    | st.builds(
        lambda layer, current, total: {
            "status": "Pushing",
            "id": layer,
            "progressDetail": {"current": current, "total": total},
        },
        st.sampled_from("abc"),
        st.integers(0, 5000),
        st.integers(0, 5000),
    )
)


@given(MESSAGES)
def test_progress_never_passes_its_total(messages: list[dict[str, Any]]) -> None:
    state = PushState()
    for message in messages:
        state = fold(state, json.loads(json.dumps(message)))
        assert 0 <= state.done <= state.total
