"""A plan as a file: what was seen and what would be done, to be compared with a later plan. Pure.

It holds names, hashes and identifiers, never a value of a definition: a hash of a whole definition
gives no secret away.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from deploy.errors import PreflightError

FORMAT = 2  # raised when an older Shipway cannot read the file any more
OLD = 24 * 3600.0  # seconds after which a plan is worth a warning
NAMED = 3  # keys or paths that a line names


@dataclass(frozen=True)
class SavedService:
    """One service: what was seen of it, and what would be done.

    `image` is "build" or "reuse"; `digest` is "" for an image that is not built yet. `definition`
    is a hash of the whole task definition that was asked for, `paths` are those of it that would
    change. `running` is the ARN of the revision that runs, `deployment` the PRIMARY one's id;
    `rollout` is "register", "update", "follow" or "" for none.
    """

    source_tag: str
    image: str
    digest: str
    definition: str
    paths: tuple[str, ...]
    running: str
    deployment: str
    rollout: str
    scaling: tuple[int | None, int | None]  # the minimum that was, and the one that is wanted
    migration: tuple[str, ...] = ()  # ids of the revisions that a migration would apply


@dataclass(frozen=True)
class SavedSite:
    """One site. `build` is the build's fingerprint, `live` the id of the live release ("": none).

    `changes` maps each key to why it would change; `pending` are paths whose invalidation was not
    confirmed. `interrupted`: a run had ended amid publishing.
    """

    build: str
    live: str
    changes: Mapping[str, str]
    pending: tuple[str, ...]
    interrupted: bool


@dataclass(frozen=True)
class Saved:
    """A plan. `created` in Unix seconds; `account` is "" where deploy.toml names none."""

    project: str
    environment: str
    account: str
    created: float
    commit: str
    services: Mapping[str, SavedService] = field(default_factory=dict)
    sites: Mapping[str, SavedSite] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[str, ...]:
        """The names of the services and sites that it is a plan for."""
        return (*self.services, *self.sites)


def serialize(saved: Saved) -> str:
    """Return the JSON that `parse` takes."""
    return json.dumps({"format": FORMAT, **asdict(saved)}, indent=1) + "\n"


def parse(text: str) -> Saved:
    """Parse a saved plan. Raises PreflightError if it is damaged or of another format."""
    try:
        fields: dict[str, Any] = json.loads(text)
        written = fields.pop("format")
        if written == FORMAT:
            services = {name: _service(each) for name, each in fields.pop("services").items()}
            sites = {name: _site(each) for name, each in fields.pop("sites").items()}
            return Saved(**fields, services=services, sites=sites)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PreflightError(
            f"this file is no saved plan ({type(error).__name__}: {error})",
            remedy="make one: `invoke plan --save FILE`",
        ) from error
    raise PreflightError(
        f"the saved plan is of format {written}, and this Shipway reads format {FORMAT}",
        remedy="save the plan and deploy with the same version of Shipway",
    )


def _service(fields: dict[str, Any]) -> SavedService:
    before, after = fields["scaling"]
    tuples = {key: tuple(fields[key]) for key in ("paths", "migration")}
    return SavedService(**fields | tuples | {"scaling": (before, after)})


def _site(fields: dict[str, Any]) -> SavedSite:
    return SavedSite(
        **fields | {"pending": tuple(fields["pending"]), "changes": dict(fields["changes"])}
    )


def elsewhere(
    saved: Saved, project: str, environment: str, account: str, *, defined: Collection[str]
) -> str:
    """Return in words why `saved` is a plan for somewhere else, "" if it is for here.

    `defined` are the names of the services and sites that there are.
    """
    pairs = {
        "project": (saved.project, project),
        "environment": (saved.environment, environment),
        "account": (saved.account, account),
    }
    for name, (was, here) in pairs.items():
        if was != here:
            return f"it is for {name} {was or '(none)'}, and this is {here or '(none)'}"
    gone = [name for name in saved.parts if name not in defined]
    return f"deploy.toml has no {', '.join(gone)} any more" if gone else ""


def moved(saved: Saved, now: Saved) -> tuple[str, ...]:
    """Return in words each thing that differs between a saved plan and the same one made anew.

    What only follows from another difference is left out. The commit alone is none: what matters
    is what would be deployed.
    """
    found = [*_services(saved.services, now.services), *_sites(saved.sites, now.sites)]
    if found and saved.commit != now.commit:
        found.append(
            f"the working tree is at {now.commit or '?'}, and was at {saved.commit or '?'}"
        )
    return tuple(found)


def _services(saved: Mapping[str, SavedService], now: Mapping[str, SavedService]) -> Iterator[str]:
    yield from _parts("service", saved, now)
    for name in saved.keys() & now.keys():
        for line in _service_moved(saved[name], now[name]):
            yield f"service {name}: {line}"


def _sites(saved: Mapping[str, SavedSite], now: Mapping[str, SavedSite]) -> Iterator[str]:
    yield from _parts("site", saved, now)
    for name in saved.keys() & now.keys():
        for line in _site_moved(saved[name], now[name]):
            yield f"site {name}: {line}"


def _parts(kind: str, saved: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    for name in now.keys() - saved.keys():
        yield f"{kind} {name} is not in the saved plan"
    for name in saved.keys() - now.keys():
        yield f"{kind} {name} is in the saved plan, and not in this one"


def _service_moved(was: SavedService, now: SavedService) -> Iterator[str]:
    if was.source_tag != now.source_tag:
        yield f"its source is {now.source_tag} now, and was {was.source_tag}"
    elif was.image != now.image:
        yield "its image was built meanwhile" if now.digest else "its image is gone"
    elif was.digest != now.digest:
        yield f"its image is {now.digest} now, and was {was.digest}"
    elif (was.definition, was.paths) != (now.definition, now.paths):
        paths = sorted({*was.paths} ^ {*now.paths}) or sorted(now.paths)
        where = f": {_named(paths)}" if paths else ""
        yield f"its task definition would change in another way{where}"
    if was.running != now.running:
        yield f"{_revision(now.running)} runs now, and {_revision(was.running)} ran"
    elif (was.deployment, was.rollout) != (now.deployment, now.rollout):
        yield f"another deployment of {_revision(now.running)} has begun or ended"
    if was.scaling != now.scaling:
        yield f"the minimum of tasks is {now.scaling[0]} now, and was {was.scaling[0]}"
    if was.source_tag == now.source_tag and was.migration != now.migration:
        pending, before = (_named(list(each.migration)) or "none" for each in (now, was))
        yield f"the revisions to migrate are other ones now ({pending}), and were {before}"


def _site_moved(was: SavedSite, now: SavedSite) -> Iterator[str]:
    if was.build != now.build:
        yield "its build is another: its source has changed, or what builds it"
    if was.live != now.live:
        yield f"release {now.live or '(none)'} is live now, and {was.live or '(none)'} was"
    elif was.interrupted != now.interrupted:
        yield "another run is publishing it, or has ended amid that"
    if (was.build, was.live) == (now.build, now.live) and was.changes != now.changes:
        keys = {key for key, _ in was.changes.items() ^ now.changes.items()}
        yield f"its bucket was changed: {_named(sorted(keys))}"
    if was.live == now.live and was.pending != now.pending:
        yield "what is left to invalidate is not the same"


def _named(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _revision(arn: str) -> str:
    return arn.rpartition("/")[2] or "nothing"
