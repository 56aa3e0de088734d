import type { Trip } from "../api/drivers";
import type { Connection } from "../api/events";
import { minute } from "../shell/moment";
import { LiveSign } from "./LiveSign";
import { PagedList } from "./PagedList";
import { number, percent } from "./format";
import type { Pages } from "./usePages";

interface Properties {
  readonly trips: Pages<Trip>;
  readonly connection: Connection;
}

export function TripsCard({ trips, connection }: Properties) {
  return (
    <section className="card card-wide" aria-labelledby="trips-title">
      <div className="card-head">
        <h2 id="trips-title">Trips</h2>
        <LiveSign connection={connection} />
      </div>
      <PagedList pages={trips} label="trips" empty={<NoTrips />}>
        {(trip) => <TripRow trip={trip} />}
      </PagedList>
    </section>
  );
}

function TripRow({ trip }: { trip: Trip }) {
  const { started_at, distance_km, minutes, harsh_brakes, night_share, score } = trip;
  return (
    <div className="row trip">
      <time className="row-name" dateTime={started_at}>
        {minute(new Date(started_at))}
      </time>
      <span className="quiet">
        {number(distance_km)} km in {number(minutes)} min, {brakes(harsh_brakes)},{" "}
        {percent(night_share)} at night
      </span>
      <span className="score">
        Score <strong>{number(score)}</strong>
      </span>
    </div>
  );
}

function brakes(count: number): string {
  return count === 1 ? "1 harsh brake" : `${count === 0 ? "no" : number(count)} harsh brakes`;
}

function NoTrips() {
  return (
    <p className="empty">
      No trip yet: the price is that of an unknown driver. Store one with the form, or many from a
      file.
    </p>
  );
}
