import { useCallback, useRef, useState } from "react";
import { Link, useLocation } from "wouter";

import type { Client } from "../api/client";
import { pathOf, type Driver, type Price, type Trip } from "../api/drivers";
import { Refusal, type Problem } from "../api/problem";
import { Page } from "../shell/Page";
import { DriverCard } from "./DriverCard";
import { PriceCard } from "./PriceCard";
import { TripForm } from "./TripForm";
import { TripsCard } from "./TripsCard";
import { Unread } from "./Unread";
import { UploadForm } from "./UploadForm";
import { useEvents } from "./useEvents";
import { usePages } from "./usePages";
import { useReading } from "./useReading";
import "./drivers.css";

interface Properties {
  readonly client: Client;
  readonly id: string;
}

/** One driver: what they pay and why, the trips that it comes from, and what stores more. */
export default function DriverPage({ client, id }: Properties) {
  const driver = useDriver(client, id);
  const price = usePrice(client, id);
  const trips = usePages<Trip>(client, pathOf(id, "/trips"));

  const readAll = () => [driver, price, trips].forEach(({ again }) => again());
  const [gone, setGone] = useState(false);
  const removal = useRemoval(client, id);
  const connection = useEvents(client, (change) => {
    if (removal.begun()) return; // this page's own, and there is nothing left to read
    if (change === undefined) readAll();
    else if (change.driver_id !== id) return;
    else if (change.type === "driver.deleted") setGone(true);
    else readAll();
  });

  if (gone || driver.problem instanceof Refusal) return <NoDriver />;
  if (!driver.value) return <Waiting problem={driver.problem} />;
  return (
    <Page title={driver.value.name}>
      <Back />
      <div className="columns columns-even">
        <PriceCard price={price} />
        <DriverCard driver={driver.value} remove={removal.remove} />
        <TripForm client={client} driverId={id} stored={readAll} />
        <UploadForm client={client} driverId={id} stored={readAll} />
        <TripsCard trips={trips} connection={connection} />
      </div>
    </Page>
  );
}

/** Deletes the driver and goes back to the list; and whether that has begun. */
function useRemoval(client: Client, id: string) {
  const [, go] = useLocation();
  const begun = useRef(false);
  const remove = async () => {
    begun.current = true;
    try {
      await client.remove(pathOf(id));
      go("/drivers");
    } finally {
      begun.current = false;
    }
  };
  return { remove, begun: () => begun.current };
}

function useDriver(client: Client, id: string) {
  const path = pathOf(id);
  return useReading(
    useCallback(() => client.get<Driver>(path, "name", "email", "created_at"), [client, path]),
  );
}

function usePrice(client: Client, id: string) {
  const path = pathOf(id, "/price");
  return useReading(
    useCallback(() => client.get<Price>(path, "monthly_premium", "factors"), [client, path]),
  );
}

function Waiting({ problem }: { problem: Problem | undefined }) {
  return (
    <Page title="Driver">
      <Back />
      {problem ? <Unread problem={problem} /> : <p className="waiting">Loading …</p>}
    </Page>
  );
}

function NoDriver() {
  return (
    <Page title="No such driver">
      <p className="lead">Deleted, or never registered.</p>
      <Back />
    </Page>
  );
}

function Back() {
  return (
    <p className="back">
      <Link href="/drivers">All drivers</Link>
    </p>
  );
}
