import { json, Server } from "./server";

export const ADA = {
  id: "11111111-1111-4111-8111-111111111111",
  name: "Ada Lovelace",
  email: "ada@example.com",
  birth_year: 1985,
  licence_year: 2004,
  created_at: "2026-11-22T08:15:12Z",
};

export const TRIP = {
  id: "22222222-2222-4222-8222-222222222222",
  driver_id: ADA.id,
  started_at: "2026-11-21T07:40:00Z",
  distance_km: 12.4,
  minutes: 18,
  harsh_brakes: 1,
  night_share: 0.25,
  score: 87,
};

export const PRICE = {
  monthly_premium: "41.20",
  base_premium: "30.00",
  currency: "EUR",
  factors: [
    { name: "age", effect: 1 },
    { name: "harsh braking", effect: 1.25 },
    { name: "speed", effect: 1.1 },
  ],
  trips: 1,
  model_version: "2026-11",
};

export const LIST = "/api/v1/drivers?limit=50";
export const ADAS = `/api/v1/drivers/${ADA.id}`;
export const TRIPS = `${ADAS}/trips?limit=50`;

/** The last page of a list, or one with another after it. */
export function page(items: object[], next_cursor: string | null = null) {
  return json({ items, next_cursor });
}

/** A backend that knows Ada and her trip. */
export function insurer(): Server {
  return new Server({
    [LIST]: page([ADA]),
    [ADAS]: json(ADA),
    [TRIPS]: page([TRIP]),
    [`${ADAS}/price`]: json(PRICE),
  });
}
