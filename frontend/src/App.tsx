import { lazy, Suspense, useState } from "react";
import { Route, Switch, useLocation } from "wouter";

import { Client } from "./api/client";
import { Footer } from "./shell/Footer";
import { Header } from "./shell/Header";
import { LoadBoundary } from "./shell/LoadBoundary";
import { NotFound } from "./shell/NotFound";
import { StatusPage } from "./status/StatusPage";
import { useBackend } from "./status/useBackend";

const AboutPage = lazy(() => import("./about/AboutPage"));
const DriversPage = lazy(() => import("./drivers/DriversPage"));
const DriverPage = lazy(() => import("./drivers/DriverPage"));

const REFRESH_SECONDS = 5;

/** The whole site. The backend is watched on every page, so that no page starts from nothing. */
export function App({ refreshSeconds = REFRESH_SECONDS }: { refreshSeconds?: number }) {
  const [client] = useState(() => new Client());
  const [status, check] = useBackend(client.api, refreshSeconds);
  const [path] = useLocation();
  return (
    <>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <Header phase={status.phase} />
      <main id="content" tabIndex={-1}>
        <LoadBoundary key={path}>
          <Suspense fallback={<p className="waiting">Loading this page …</p>}>
            <Switch>
              <Route path="/">
                <StatusPage status={status} check={check} refreshSeconds={refreshSeconds} />
              </Route>
              <Route path="/drivers">
                <DriversPage client={client} />
              </Route>
              <Route path="/drivers/:id">
                {({ id }) => <DriverPage client={client} id={id} />}
              </Route>
              <Route path="/about" component={AboutPage} />
              <Route component={NotFound} />
            </Switch>
          </Suspense>
        </LoadBoundary>
      </main>
      <Footer />
    </>
  );
}
