import { expect, test } from "vitest";

import type { Reading } from "../api/backend";
import { Problem } from "../api/problem";
import { INITIAL, KEPT_CHECKS, NEWS_SECONDS, next, type Event, type Status } from "./state";

const PROBLEM = new Problem("The backend answered 503", "Wait.");

function at(second: number): Date {
  return new Date(second * 1000);
}

function answered(second: number, sourceTag = "src-1"): Event {
  const version = { commit: undefined, sourceTag, python: "3.12", startedAt: at(0) };
  const reading: Reading = { api: "/api", version, milliseconds: 7, at: at(second) };
  return { kind: "answered", reading };
}

function failed(second: number): Event {
  return { kind: "failed", problem: PROBLEM, at: at(second) };
}

function after(...events: Event[]): Status {
  return events.reduce(next, INITIAL);
}

test("an outage is counted from its first failure", () => {
  const status = after(answered(1), failed(10), failed(15));
  expect(status.downSince).toEqual(at(10));
  expect(next(status, answered(24)).news?.text).toBe("The backend answers again, after 14 s");
});

test("a first answer is no news", () => {
  expect(after(answered(1), answered(2)).news).toBeUndefined();
});

test("a new version that ends an outage is told as the new version", () => {
  const status = after(answered(1), failed(2), answered(3, "src-2"));
  expect(status.news?.text).toBe("src-2 has replaced src-1");
});

test("news stay for a while, and not longer", () => {
  const status = after(answered(1), failed(2), answered(3), answered(3 + NEWS_SECONDS - 1));
  expect(status.news).toBeDefined();
  expect(next(status, answered(3 + NEWS_SECONDS)).news).toBeUndefined();
});

test("an outage ends good news", () => {
  expect(after(failed(1), answered(2), failed(3)).news).toBeUndefined();
});

test("only the last checks are kept, in their order", () => {
  const events = Array.from({ length: KEPT_CHECKS + 5 }, (_, second) => answered(second));
  const { checks } = after(...events, failed(99));
  expect(checks).toHaveLength(KEPT_CHECKS);
  expect(checks.at(-1)).toEqual({ id: KEPT_CHECKS + 6, milliseconds: null });
});
