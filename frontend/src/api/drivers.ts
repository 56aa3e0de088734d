import type { components, paths } from "./contract";

type Schemas = components["schemas"];

export type Driver = Schemas["Driver"];
export type Trip = Schemas["Trip"];
export type Factor = Schemas["Factor"];
export type Price = Schemas["Price"];
export type Stored = Schemas["Stored"];

/** What a form sends: the fields that the API knows, but whatever was typed into them. */
export type DriverEntries = Record<keyof Schemas["NewDriver"], unknown>;
export type TripEntries = Record<keyof Schemas["NewTrip"], unknown>;

/** A part of a list, the newest first. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

/** A path below the API's address: one that the backend serves, or the types don't fit. */
type Path = keyof paths extends infer P ? (P extends `/api${infer Below}` ? Below : never) : never;
type OfDriver<P> = P extends `/v1/drivers/{driver_id}${infer Below}` ? Below : never;

export const DRIVERS = "/v1/drivers" satisfies Path;
export const EVENTS = "/v1/events" satisfies Path;

/** The path of a driver, or of what is the driver's: `below` it. */
export function pathOf(id: string, below: OfDriver<Path> = ""): string {
  return `${DRIVERS}/${encodeURIComponent(id)}${below}`;
}
