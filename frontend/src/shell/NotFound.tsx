import { Link } from "wouter";

import { Page } from "./Page";

export function NotFound() {
  return (
    <Page title="No such page">
      <p className="lead">
        Nothing is served at this address. <Link href="/">Back to the status</Link>
      </p>
    </Page>
  );
}
