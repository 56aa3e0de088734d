import { version as reactVersion } from "react";

import { nameOf, type Reading } from "../api/backend";
import { Fact } from "../shell/Fact";
import { moment } from "../shell/moment";
import { SITE_VERSION } from "../version";
import type { Status } from "./state";

const OPENED = new Date();

/** What the backend said that it runs; while it is down, what it said last. */
export function BackendCard({ status: { reading, phase } }: { status: Status }) {
  const isOld = phase === "down" && reading !== undefined;
  return (
    <section className={isOld ? "card card-old" : "card"} aria-labelledby="backend-title">
      <h2 id="backend-title">Backend</h2>
      <p className="version" data-testid="backend-version">
        {reading ? nameOf(reading.version) : phase === "loading" ? "…" : "unknown"}
      </p>
      {isOld && <p className="quiet">As it was when it last answered.</p>}
      {reading && <Facts reading={reading} />}
    </section>
  );
}

function Facts({ reading: { version } }: { reading: Reading }) {
  return (
    <dl>
      <Fact name="Commit">
        <code>{version.commit?.slice(0, 12) ?? "not recorded"}</code>
      </Fact>
      <Fact name="Started">
        <time dateTime={version.startedAt.toISOString()}>{moment(version.startedAt)}</time>
      </Fact>
      <Fact name="Python">{version.python}</Fact>
    </dl>
  );
}

/** What this page itself is: an old tab shows the release that it was opened with. */
export function SiteCard({ api }: { api: string | undefined }) {
  return (
    <section className="card" aria-labelledby="site-title">
      <h2 id="site-title">Site</h2>
      <p className="version" data-testid="site-version">
        {SITE_VERSION}
      </p>
      <dl>
        <Fact name="Backend at">
          <code>{api ?? "…"}</code>
        </Fact>
        <Fact name="Opened">
          <time dateTime={OPENED.toISOString()}>{moment(OPENED)}</time>
        </Fact>
        <Fact name="React">{reactVersion}</Fact>
      </dl>
    </section>
  );
}
