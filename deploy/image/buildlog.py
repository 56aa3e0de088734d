"""Read BuildKit's plain progress, line by line: which step runs, how many are done, what failed.

The format is BuildKit's `--progress=plain` (moby/buildkit, util/progress/progressui): a step is
announced as `#7 [build 3/6] RUN make`, its output follows as `#7 0.312 text`, and it ends with
`#7 DONE 1.2s`, `#7 CACHED`, `#7 CANCELED` or `#7 ERROR: text`. Pure.
"""

import re
from collections import deque
from dataclasses import dataclass, field

KEPT_LINES = 20  # of a step's output, shown if it fails
TAIL = 8  # lines shown if it can't be said which step failed

_LINE = re.compile(r"#(?P<number>\d+) (?P<text>.*)")
_NAME = re.compile(r"\[[^\]]+\] .*")
_COUNT = re.compile(r"\[(?P<stage>.*?)\s?(?P<index>\d+)/(?P<of>\d+)\] ")
_OUTPUT = re.compile(r"\d+\.\d+ (?P<text>.*)")
_END = re.compile(r"DONE [\d.]+s$|CACHED$|CANCELED$")
_WRAPPING = re.compile(
    r"^(ERROR: |failed to solve with frontend \S+: |failed to solve: "
    r"|failed to create LLB definition: )+"
)


@dataclass
class _Step:
    name: str
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))


@dataclass(frozen=True)
class Failed:
    """`step` is such as "[build 3/6] RUN make", empty if the Dockerfile itself was refused."""

    step: str
    cause: str
    lines: tuple[str, ...]


class BuildLog:
    """What the lines read so far amount to. `done` and `total` count the Dockerfile's steps."""

    def __init__(self) -> None:
        self._steps: dict[str, _Step] = {}
        self._stages: dict[str, int] = {}
        self._done: set[str] = set()
        self._tail: deque[str] = deque(maxlen=TAIL)
        self._failed = ""
        self._cause = ""

    @property
    def done(self) -> int:
        return len(self._done)

    @property
    def total(self) -> int:
        return sum(self._stages.values())

    def read(self, line: str) -> str | None:
        """Take one line. Return the step's name if it started or ended with it, else None."""
        found = _LINE.fullmatch(line)
        if not found:
            if line.strip(" -"):
                self._tail.append(line)
            return None
        number, text = found["number"], found["text"]
        if number not in self._steps:
            return self._start(number, text)
        return self._continue(number, text)

    def _start(self, number: str, text: str) -> str | None:
        self._steps[number] = _Step(text)
        counted = _COUNT.match(text)
        if not counted:
            return None
        self._stages[counted["stage"]] = int(counted["of"])
        return text

    def _continue(self, number: str, text: str) -> str | None:
        step = self._steps[number]
        if text.startswith("ERROR: "):
            self._failed, self._cause = number, text.removeprefix("ERROR: ")
        elif output := _OUTPUT.fullmatch(text):
            step.lines.append(output["text"])
        elif _END.match(text) and _COUNT.match(step.name):
            self._done.add(number)
            return step.name
        return None

    def failed(self) -> Failed:
        """Return what the log says about a build that ended with an error."""
        if self._failed:
            step = self._steps[self._failed]
            return Failed(step.name, self._cause, tuple(step.lines))
        tail = tuple(_WRAPPING.sub("", line) for line in self._tail)
        return Failed("", tail[-1] if tail else "it said nothing", tail[:-1])


# How BuildKit words a base image that it can't get: refused, unknown, or no network.
_BASE_IMAGE = re.compile(r"\[internal\] load metadata for (?P<image>\S+)")
_NO_SPACE = "no space left on device"


def base_image(failed: Failed) -> str | None:
    """Return the base image that could not be got, None if the build failed for another reason."""
    found = _BASE_IMAGE.match(failed.step)
    return found["image"] if found else None


def remedy(failed: Failed, dockerfile: str) -> str:
    """Return what to do about a failed build of `dockerfile` (a path)."""
    if image := base_image(failed):
        return (
            f"the base image {image} can't be got: see that its name is right, that the network "
            "reaches its registry, and that you are logged in there (`docker login`)"
        )
    if any(_NO_SPACE in line for line in (failed.cause, *failed.lines)):
        return "free some space: `docker builder prune`, `docker image prune`"
    return f"correct {dockerfile} or what it builds, then deploy again; nothing was deployed"
