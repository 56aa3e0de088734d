import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test, vi } from "vitest";

import { App } from "../App";
import { ADA, ADAS, insurer, LIST, page, PRICE, TRIP, TRIPS } from "../test/drivers";
import { Streams } from "../test/events";
import { json, problem, type Server } from "../test/server";

const STORED = { type: "trip.stored", driver_id: ADA.id };
const UPLOAD = `POST ${ADAS}/trips/upload`;

let server: Server;
let streams: Streams;

beforeEach(() => {
  server = insurer();
  streams = new Streams();
});

function open(): void {
  window.history.replaceState(null, "", `/drivers/${ADA.id}`);
  render(<App refreshSeconds={3600} />);
}

async function premium(): Promise<string> {
  return (await screen.findByRole("status", { name: "Premium" })).textContent;
}

async function upload(): Promise<void> {
  const file = new File(["started_at,..."], "trips.csv", { type: "text/csv" });
  vi.spyOn(FormData.prototype, "get").mockReturnValue(file); // no test can choose one in jsdom
  fireEvent.click(await screen.findByRole("button", { name: "Upload" }));
}

test("shows the price, and how it came to be", async () => {
  open();
  expect(await premium()).toBe("€41.20 a month");
  const sentence =
    "The base premium of €30.00, 25% more for harsh braking, 10% more for speed. One trip counts.";
  expect(screen.getByText(sentence)).toBeTruthy();
});

test("a driver without a trip pays for that", async () => {
  server.answers[TRIPS] = page([]);
  server.answers[`${ADAS}/price`] = json({ ...PRICE, factors: [], trips: 0 });
  open();
  await screen.findByText(/No trip yet/);
  await screen.findByText("The base premium of €30.00, and nothing on top.");
});

test("shows the trips, and what each is worth", async () => {
  open();
  const trips = await screen.findByRole("list", { name: "trips" });
  expect(trips.textContent).toContain("12.4 km in 18 min, 1 harsh brake, 25% at night");
  expect(trips.textContent).toContain("Score 87");
});

test("stores a trip in the units of the API, and asks for the price anew", async () => {
  server.answers[`POST ${ADAS}/trips`] = () => {
    server.answers[`${ADAS}/price`] = json({ ...PRICE, monthly_premium: "39.90" });
    return Response.json({ ...TRIP, score: 93 }, { status: 201 });
  };
  open();
  for (const [label, value] of [
    ["Started", "2026-11-22T09:30"],
    ["Distance in km", "7,5"],
    ["Minutes", "12"],
    ["Harsh brakes", "2"],
    ["At night, in %", "40"],
  ] as const) {
    fireEvent.change(await screen.findByLabelText(label), { target: { value } });
  }
  fireEvent.click(screen.getByRole("button", { name: "Store the trip" }));
  await screen.findByText("Stored: a score of 93 out of 100.");
  const started_at = new Date("2026-11-22T09:30").toISOString();
  const trip = { started_at, distance_km: 7.5, minutes: 12, harsh_brakes: 2, night_share: 0.4 };
  expect(server.sent).toEqual([trip]);
  await waitFor(async () => expect(await premium()).toBe("€39.90 a month"));
});

test("trips that somebody else stores change trips and price; another driver's don't", async () => {
  open();
  await premium();
  const before = server.requests.length;
  act(() => streams.only.say({ ...STORED, driver_id: "another" }));
  expect(server.requests).toHaveLength(before);
  server.answers[TRIPS] = page([TRIP, { ...TRIP, id: "2", score: 12 }]);
  server.answers[`${ADAS}/price`] = json({ ...PRICE, monthly_premium: "99.00" });
  act(() => streams.only.say(STORED));
  await screen.findByText("12");
  await waitFor(async () => expect(await premium()).toBe("€99.00 a month"));
});

test("a backend whose own stream was interrupted has everything read again", async () => {
  open();
  await premium();
  server.answers[`${ADAS}/price`] = json({ ...PRICE, monthly_premium: "99.00" });
  act(() => streams.only.say({ type: "reset", driver_id: null }));
  await waitFor(async () => expect(await premium()).toBe("€99.00 a month"));
});

test("uploads a file, and tells how many trips were in it", async () => {
  server.answers[UPLOAD] = json({ stored: 1234 }, 201);
  open();
  await upload();
  await screen.findByText("Stored 1,234 trips.");
  expect(server.sent).toEqual([expect.any(FormData)]);
});

test("a file that was refused is explained by row and column", async () => {
  server.answers[UPLOAD] = problem(422, "2 fields are not valid", [
    { row: 3, field: "distance_km", message: "Input should be greater than 0" },
    { row: 7, field: "minutes", message: "Field required" },
  ]);
  open();
  await upload();
  const rows = await screen.findByRole("list", { name: "What to mend in the file" });
  expect([...rows.children].map(({ textContent }) => textContent)).toEqual([
    "Row 3: distance_km Input should be greater than 0",
    "Row 7: minutes Field required",
  ]);
});

test("a file that is too large is told as that", async () => {
  server.answers[UPLOAD] = problem(413, "the file is larger than 1,000,000 bytes");
  open();
  await upload();
  await screen.findByText("The file is larger than 1,000,000 bytes");
});

test("without a file nothing is sent", async () => {
  open();
  fireEvent.click(await screen.findByRole("button", { name: "Upload" }));
  await screen.findByText("Choose a file first.");
  expect(server.sent).toEqual([]);
});

test("asks before it deletes, and keeps the driver when told to", async () => {
  open();
  fireEvent.click(await screen.findByRole("button", { name: "Delete driver …" }));
  const keep = screen.getByRole("button", { name: "Keep" });
  expect(document.activeElement).toBe(keep);
  fireEvent.click(keep);
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Delete driver …" }));
  expect(server.requests).not.toContain(`DELETE ${ADAS}`);
});

async function deleteAda(): Promise<void> {
  fireEvent.click(await screen.findByRole("button", { name: "Delete driver …" }));
  fireEvent.click(screen.getByRole("button", { name: "Delete for good" }));
}

test("deletes, and goes back to the list", async () => {
  server.answers[`DELETE ${ADAS}`] = () => {
    server.answers[LIST] = page([]);
    return new Response(null, { status: 204 });
  };
  open();
  await deleteAda();
  await screen.findByText(/Register the first driver/);
  expect(window.location.pathname).toBe("/drivers");
});

test("a deletion that failed is told, and the driver stays", async () => {
  server.answers[`DELETE ${ADAS}`] = problem(503, "the database can't be reached");
  open();
  await deleteAda();
  await screen.findByText("The database can't be reached");
  expect(screen.getByRole("heading", { level: 1, name: ADA.name })).toBeTruthy();
});

test("a driver who is deleted while the page is open is told as that", async () => {
  open();
  await premium();
  act(() => streams.only.say({ type: "driver.deleted", driver_id: ADA.id }));
  await screen.findByRole("heading", { level: 1, name: "No such driver" });
  expect(screen.getByRole("link", { name: "All drivers" })).toBeTruthy();
});

test("a driver who is not there is told as that", async () => {
  server.answers[ADAS] = problem(404, "there is no driver");
  open();
  await screen.findByRole("heading", { level: 1, name: "No such driver" });
});

test("a driver who can't be read just now is no driver who is not there", async () => {
  server.answers[ADAS] = problem(503, "the database can't be reached");
  open();
  await screen.findByText("The database can't be reached");
  expect(screen.queryByText("No such driver")).toBeNull();
});
