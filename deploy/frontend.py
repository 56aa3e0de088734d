"""One site from source to pages that are live, and the way back. Joins what site/ does in the order
that never shows a broken page.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from deploy.aws import Aws
from deploy.command import NOTHING
from deploy.config.model import Config
from deploy.environment import find_site, read_target, site_place
from deploy.events import Change, Emit, Finished
from deploy.locking import this_run
from deploy.outcome import Outcome
from deploy.site.bucket import Bucket
from deploy.site.plan import SitePlan
from deploy.site.pointer import Run, interrupted
from deploy.site.reading import read
from deploy.site.survey import survey
from deploy.wording import counted

if TYPE_CHECKING:
    from deploy.ahead import Ahead
    from deploy.site.manifest import Entry, File
    from deploy.site.publish import Author, Published
    from deploy.site.rollback import RollbackPlan
    from deploy.target import SiteTarget, Target


class FrontendOptions(NamedTuple):
    """What was asked for. `timeout` is the invalidation's, in seconds, `wait` the lock's.

    `ahead` looks at the build already.
    """

    site: str = "frontend"
    plan_only: bool = False
    yes: bool = False
    timeout: float = 600
    wait: float = 0
    rebuild: bool = False
    adopt: bool = False
    allow_deletions: bool = False
    allow_missing_index: bool = False
    ahead: "Ahead | None" = None


class FrontendPlan(NamedTuple):
    """What a deploy of one site would do."""

    site: SitePlan

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.site.changes

    @property
    def warnings(self) -> tuple[str, ...]:
        return self.site.warnings

    @property
    def changed(self) -> bool:
        """Whether anything is left to do, be it of an earlier run."""
        return self.site.changed or bool(self.site.pending) or interrupted(self.site.pointer)


class Frontend:
    """One deploy of one site: its configuration, bucket and clocks."""

    def __init__(
        self,
        config: Config,
        options: FrontendOptions,
        emit: Emit,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.config, self.options, self.emit = config, options, emit
        self.clock, self.now, self.sleep = clock, now, sleep
        self.started = clock()
        self.aws = Aws(config)
        self.wanted = find_site(config, options.site)
        who = this_run()
        self.run = Run(who.id, who.by, who.host)
        self.files: Iterator[File] | None = None  # of the build, where they are read already
        self.released = ""  # the id of the release that this run made live
        self.target: Target
        self.place: SiteTarget

    @property
    def bucket(self) -> Bucket:
        return Bucket(self.aws.http, self.place.bucket)

    @property
    def author(self) -> "Author":
        from deploy import git
        from deploy.site.publish import Author

        return Author(self.run, git.head(self.config.root).name)

    def preflight(self) -> None:
        """Check the account and find the site's bucket and distribution."""
        self.aws.check_account()
        self.target = read_target(self.aws)
        self.place = site_place(self.target, self.wanted.name)

    def prepare(self) -> None:
        """Do what comes before a plan: check, then build. Nothing on AWS is written."""
        self.preflight()
        if self.options.ahead:
            self.files = self.options.ahead.files()
        if self.files is None:
            from deploy.site.build import build

            anew = self.options.rebuild
            build(self.wanted, self.config.state, self.emit, clock=self.clock, rebuild=anew)

    def plan(self) -> FrontendPlan:
        """Compare the build with the bucket and return what would change. Nothing is written."""
        options = self.options
        with self._read() as files:
            plan = survey(
                self.bucket,
                self.wanted,
                files,
                adopt=options.adopt,
                allow_deletions=options.allow_deletions,
                allow_missing_index=options.allow_missing_index,
            )
        return FrontendPlan(plan)

    @contextmanager
    def _read(self) -> "Iterator[Iterator[File]]":
        """Yield the build's files: those that are read already, but only once."""
        files, self.files = self.files, None
        if files is not None:
            yield files
            return
        with read(self.wanted, self.config.state) as files:
            yield files

    def upload(self, plan: FrontendPlan) -> "tuple[Entry, ...]":
        """Store the new hashed files: nobody asks for them before the pages are published."""
        from deploy.site.upload import upload

        return upload(plan.site, self.wanted, self.bucket, self.emit, clock=self.clock)

    def publish(self, plan: FrontendPlan, uploaded: "tuple[Entry, ...]") -> Finished:
        """Make the planned release live and return how that ended."""
        from deploy.site.publish import publish

        published = publish(
            plan.site,
            uploaded,
            self.wanted,
            self.bucket,
            self.emit,
            author=self.author,
            clock=self.clock,
            now=self.now,
        )
        what = f"{len(plan.site.uploads)} of {counted(plan.site.files, 'file')}"
        return self._afterwards(
            published, what, f"the way back: `{self._typed('rollback-frontend')}`"
        )

    def roll_back(self, plan: "RollbackPlan") -> Finished:
        """Make an earlier release live again and return how that ended."""
        from deploy.site.rollback import rollback

        published = rollback(
            plan, self.bucket, self.emit, author=self.author, clock=self.clock, now=self.now
        )
        next_step = f"mend it and run `{self.command}`"
        return self._afterwards(published, f"as it was in {plan.target.id}", next_step)

    def _afterwards(self, published: "Published", what: str, next_step: str) -> Finished:
        from deploy.site.prune import prune

        if not published.release:
            return self.ended(
                Outcome.SUPERSEDED.label,
                exit_code=Outcome.SUPERSEDED.exit_code,
                summary=f"{self.wanted.name}: another run published in the meantime",
                next_step=f"look at what is live, and run `{self.command}` again if it must change",
            )
        self.released = published.release.id
        confirmed = self._invalidate(published.release.id, published.pending)
        prune(self.bucket, self.wanted, self.emit, run=self.run, clock=self.clock, now=self.now)
        late = "" if confirmed else "; CloudFront has not confirmed that it forgot the old pages"
        return self.ended(
            Outcome.SUCCEEDED.label,
            summary=f"{self.wanted.name} {published.release.id}, {what}{late}",
            next_step=next_step,
        )

    def _invalidate(self, release: str, paths: tuple[str, ...]) -> bool:
        from deploy.site.distribution import Distribution
        from deploy.site.invalidate import invalidate

        return invalidate(
            self.bucket,
            self.wanted.name,
            release,
            paths,
            distribution=Distribution(self.aws.http, self.place.distribution),
            emit=self.emit,
            clock=self.clock,
            sleep=self.sleep,
            timeout=self.options.timeout,
        )

    @property
    def command(self) -> str:
        """What a person types for this deploy."""
        return self._typed("deploy-frontend")

    def _typed(self, task: str) -> str:
        site, environment = self.wanted.name, self.config.environment.name
        options = "" if site == FrontendOptions.site else f" --site {site}"
        options += "" if environment == "local" else f" --env {environment}"
        return f"invoke {task}{options}"

    def unchanged(self) -> Finished:
        return self.ended(Outcome.UNCHANGED.label, summary=NOTHING)

    def ended(
        self, outcome: str, *, exit_code: int = 0, summary: str = "", next_step: str = ""
    ) -> Finished:
        """Return how this deploy ended, as it will be told."""
        urls = {self.place.name: self.place.url}
        seconds = self.clock() - self.started
        return Finished(outcome, exit_code, seconds, summary, urls, next_step)
