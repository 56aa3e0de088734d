import type { Driver } from "../api/drivers";
import { Fact } from "../shell/Fact";
import { minute } from "../shell/moment";
import { Deletion } from "./Deletion";

interface Properties {
  readonly driver: Driver;
  readonly remove: () => Promise<void>;
}

export function DriverCard({ driver, remove }: Properties) {
  return (
    <section className="card" aria-labelledby="driver-title">
      <h2 id="driver-title">Driver</h2>
      <dl>
        <Fact name="Email">{driver.email}</Fact>
        <Fact name="Born">{driver.birth_year}</Fact>
        <Fact name="Licence">{driver.licence_year ? `since ${driver.licence_year}` : "unknown"}</Fact>
        <Fact name="Registered">
          <time dateTime={driver.created_at}>{minute(new Date(driver.created_at))}</time>
        </Fact>
      </dl>
      <Deletion name={driver.name} remove={remove} />
    </section>
  );
}
