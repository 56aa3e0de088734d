import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { startPolling, type Poller } from "./poller";

let poller: Poller;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  poller.stop();
  vi.useRealTimers();
});

function visible(value: boolean): void {
  vi.spyOn(document, "hidden", "get").mockReturnValue(!value);
  document.dispatchEvent(new Event("visibilitychange"));
}

test("checks at once, and again when the time has passed since the last one", async () => {
  const check = vi.fn(() => Promise.resolve());
  poller = startPolling(check, 5);
  expect(check).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(15_100);
  expect(check).toHaveBeenCalledTimes(4);
});

test("waits for a slow check rather than starting another", async () => {
  const check = vi.fn(() => new Promise<void>(() => {}));
  poller = startPolling(check, 5);
  poller.now();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(check).toHaveBeenCalledTimes(1);
});

test("does not check while nobody can see it, and does at once when it is seen", async () => {
  const check = vi.fn(() => Promise.resolve());
  poller = startPolling(check, 5);
  visible(false);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(check).toHaveBeenCalledTimes(1);
  visible(true);
  expect(check).toHaveBeenCalledTimes(2);
});

test("ends when it is stopped", async () => {
  const check = vi.fn(() => Promise.resolve());
  poller = startPolling(check, 5);
  poller.stop();
  poller.now();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(check).toHaveBeenCalledTimes(1);
});
