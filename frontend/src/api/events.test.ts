import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Streams } from "../test/events";
import { listen } from "./events";

const listener = { opened: vi.fn(), changed: vi.fn(), connection: vi.fn() };
const address = () => Promise.resolve("/api/v1/events");

let streams: Streams;
let stop: () => void;

beforeEach(async () => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  streams = new Streams();
  stop = listen(address, listener);
  await vi.advanceTimersByTimeAsync(0);
});

afterEach(() => {
  stop();
  vi.useRealTimers();
});

function lose(): void {
  streams.only.onerror?.();
}

async function secondsUntilReopened(): Promise<number> {
  const before = Date.now();
  while (streams.open.length === 0) await vi.advanceTimersByTimeAsync(100);
  return (Date.now() - before) / 1000;
}

test("passes changes on, and says when it is live", () => {
  streams.only.onopen?.();
  streams.only.say({ type: "trip.stored", driver_id: "1" });
  expect(streams.only.url).toBe("/api/v1/events");
  expect(listener.connection.mock.calls).toEqual([["live"]]);
  expect(listener.changed.mock.calls).toEqual([[{ type: "trip.stored", driver_id: "1" }]]);
});

test("a lost stream is opened again, and what was missed is to be read", async () => {
  streams.only.onopen?.();
  lose();
  expect(streams.open).toEqual([]);
  expect(listener.connection).toHaveBeenLastCalledWith("reconnecting");
  await secondsUntilReopened();
  streams.only.onopen?.();
  expect(listener.connection).toHaveBeenLastCalledWith("live");
  expect(listener.opened).toHaveBeenCalledTimes(2);
});

test("waits longer from loss to loss, up to a limit, and anew once it was live", async () => {
  const waits = [];
  for (let loss = 0; loss < 7; loss++) {
    lose();
    waits.push(await secondsUntilReopened());
  }
  expect(waits[0]).toBeLessThan(1.4);
  expect(waits[2]).toBeGreaterThan(2.9);
  expect(waits[6]).toBeGreaterThan(11);
  expect(waits[6]).toBeLessThan(19);
  streams.only.onopen?.();
  lose();
  expect(await secondsUntilReopened()).toBeLessThan(1.4);
});

test("a page that can't be seen has no stream; when it is seen it has one again", async () => {
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  document.dispatchEvent(new Event("visibilitychange"));
  expect(streams.open).toEqual([]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(streams.open).toEqual([]);
  hidden.mockReturnValue(false);
  document.dispatchEvent(new Event("visibilitychange"));
  await vi.advanceTimersByTimeAsync(0);
  expect(streams.open).toHaveLength(1);
});

test("no stream is left when it is stopped, not even one that was about to open", async () => {
  const hurried = listen(address, listener);
  hurried();
  stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(streams.open).toEqual([]);
});
