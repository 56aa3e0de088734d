"""Push an image over the Engine API, again if the registry stumbles. The login is in no argv."""

import random
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from deploy.errors import BuildError
from deploy.events import Emit, Note, PhaseProgress
from deploy.image.plan import ImagePlan
from deploy.image.pushlog import PushState, fold, is_passing, is_taken, remedy
from deploy.image.registry import RegistryLogin

if TYPE_CHECKING:
    from docker import DockerClient

ATTEMPTS = 5
FIRST_DELAY = 0.5  # seconds, doubled each time
LONGEST_DELAY = 8.0  # seconds


class TagTakenError(BuildError):
    """Another image got this immutable tag in the meantime."""


def delay(attempt: int, fraction: float) -> float:
    """Return the seconds to wait after failed attempt `attempt` (1 is the first).

    `fraction` in 0..1 spreads several deployers ("full jitter"):
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    return fraction * min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** (attempt - 1))


def push_image(
    plan: ImagePlan,
    docker: "DockerClient",
    login: Callable[[], RegistryLogin],
    emit: Emit,
    sleep: Callable[[float], None],
    *,
    phase: str,
    jitter: Callable[[], float] = random.random,
) -> str:
    """Push `plan.name` and return the digest that the push told.

    Each of at most 5 attempts asks `login` anew, since a token may expire in between. Raises
    TagTakenError if the tag names another image already, BuildError if the push fails.
    """
    for attempt in range(1, ATTEMPTS + 1):
        server = login()
        state = _attempt(plan, docker, server, emit, phase)
        if not state.error and state.digest:
            return state.digest
        error = state.error or "the push ended without a digest"
        if attempt == ATTEMPTS or not is_passing(error):
            raise _refused(plan, error, server.server, attempt)
        emit(Note(f"the push of {plan.service} is tried again: {error}", level="warning"))
        sleep(delay(attempt, jitter()))
    raise AssertionError  # the last attempt returned or raised


def _attempt(
    plan: ImagePlan, docker: "DockerClient", login: RegistryLogin, emit: Emit, phase: str
) -> PushState:
    state = PushState()
    for message in _messages(plan, docker, login):
        before, state = state, fold(state, message)
        if state.error:
            break
        if (state.done, state.there) != (before.done, before.there):
            emit(PhaseProgress(phase, _detail(state), state.done, state.total, "bytes"))
    return state


def _messages(
    plan: ImagePlan, docker: "DockerClient", login: RegistryLogin
) -> Iterator[dict[str, Any]]:
    """Yield the engine's messages; a broken connection becomes an error message, too."""
    from docker.errors import APIError
    from requests.exceptions import RequestException

    auth = {"username": login.username, "password": str(login.password)}
    try:
        yield from docker.images.push(
            plan.repository_url, tag=plan.tag, auth_config=auth, stream=True, decode=True
        )
    except APIError as error:
        yield {"error": str(error)}
    except (RequestException, OSError) as error:
        yield {"error": f"the connection to the engine broke: EOF ({type(error).__name__})"}


def _detail(state: PushState) -> str:
    there = len(state.there)
    return f"{there} layer{'s' * (there != 1)} already in the registry" if there else "pushing"


def _refused(plan: ImagePlan, error: str, server: str, attempts: int) -> BuildError:
    if is_taken(error):
        return TagTakenError(
            f"the tag {plan.name} got another image in the meantime",
            details=(error,),
            remedy="another deploy built it at the same time: deploy again",
        )
    times = f" {attempts} times" if attempts > 1 else ""
    return BuildError(
        f"the image of {plan.service} could not be pushed: the registry refused it{times}",
        details=(error,),
        remedy=remedy(error, server),
    )
