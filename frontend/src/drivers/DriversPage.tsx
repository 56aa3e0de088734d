import { Link } from "wouter";

import type { Client } from "../api/client";
import { DRIVERS, type Driver } from "../api/drivers";
import { Page } from "../shell/Page";
import { minute } from "../shell/moment";
import { LiveSign } from "./LiveSign";
import { PagedList } from "./PagedList";
import { RegisterForm } from "./RegisterForm";
import { useEvents } from "./useEvents";
import { usePages } from "./usePages";
import "./drivers.css";

/** Every driver, the newest first, as the database has them now; and a form for one more. */
export default function DriversPage({ client }: { client: Client }) {
  const pages = usePages<Driver>(client, DRIVERS);
  const connection = useEvents(client, pages.again);
  return (
    <Page title="Drivers">
      <p className="lead">
        Insured by how they drive: register one, store a few trips, and see the price follow.
      </p>
      <div className="columns">
        <RegisterForm client={client} registered={pages.again} />
        <section className="card" aria-labelledby="drivers-title">
          <div className="card-head">
            <h2 id="drivers-title">Registered</h2>
            <LiveSign connection={connection} />
          </div>
          <PagedList pages={pages} label="drivers" empty={<NoDrivers />}>
            {(driver) => <DriverRow driver={driver} />}
          </PagedList>
        </section>
      </div>
    </Page>
  );
}

function DriverRow({ driver: { id, name, email, created_at } }: { driver: Driver }) {
  return (
    <Link href={`/drivers/${id}`} className="row">
      <span className="row-name">{name}</span>
      <span className="quiet">{email}</span>
      <time className="quiet" dateTime={created_at}>
        {minute(new Date(created_at))}
      </time>
    </Link>
  );
}

function NoDrivers() {
  return (
    <p className="empty">
      Nobody yet. Register the first driver with the form: it is stored in the database, and shows
      up here and in every other tab.
    </p>
  );
}
