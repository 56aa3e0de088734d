import { Page } from "../shell/Page";
import { BackendCard, SiteCard } from "./Cards";
import { Checks } from "./Checks";
import { Summary } from "./Summary";
import type { Status } from "./state";
import "./status.css";

interface Properties {
  readonly status: Status;
  readonly check: () => void;
  readonly refreshSeconds: number;
}

/** What runs, and whether it answers. */
export function StatusPage({ status, check, refreshSeconds }: Properties) {
  return (
    <Page title="What runs here">
      <p className="lead">A site and the backend behind it, each as it was last deployed.</p>
      <Summary status={status} check={check} refreshSeconds={refreshSeconds} />
      <div className="cards">
        <BackendCard status={status} />
        <SiteCard api={status.reading?.api} />
        <Checks checks={status.checks} />
      </div>
    </Page>
  );
}
