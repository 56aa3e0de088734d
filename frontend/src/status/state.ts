import { nameOf, type Reading } from "../api/backend";
import type { Problem } from "../api/problem";

export const KEPT_CHECKS = 40;
export const NEWS_SECONDS = 60; // how long a recovery or a replacement is worth telling

export type Phase = "loading" | "up" | "down";

/** How one check ended: the time that it took, or null for a failure. */
export interface Check {
  readonly id: number;
  readonly milliseconds: number | null;
}

/** What a visitor should not miss, and when it happened. */
export interface News {
  readonly text: string;
  readonly at: Date;
}

export interface Status {
  readonly phase: Phase;
  readonly checking: boolean;
  readonly reading: Reading | undefined; // the last good one; it stays while the backend is down
  readonly problem: Problem | undefined;
  readonly downSince: Date | undefined;
  readonly news: News | undefined;
  readonly checks: readonly Check[]; // the oldest first
}

export type Event =
  | { readonly kind: "started" }
  | { readonly kind: "answered"; readonly reading: Reading }
  | { readonly kind: "failed"; readonly problem: Problem; readonly at: Date };

export const INITIAL: Status = {
  phase: "loading",
  checking: false,
  reading: undefined,
  problem: undefined,
  downSince: undefined,
  news: undefined,
  checks: [],
};

/** The status after `event`. */
export function next(status: Status, event: Event): Status {
  switch (event.kind) {
    case "started":
      return { ...status, checking: true };
    case "answered":
      return answered(status, event.reading);
    case "failed":
      return {
        ...status,
        phase: "down",
        checking: false,
        problem: event.problem,
        downSince: status.downSince ?? event.at,
        news: undefined,
        checks: added(status.checks, null),
      };
  }
}

function answered(status: Status, reading: Reading): Status {
  return {
    phase: "up",
    checking: false,
    reading,
    problem: undefined,
    downSince: undefined,
    news: newsOf(status, reading) ?? recent(status.news, reading.at),
    checks: added(status.checks, reading.milliseconds),
  };
}

function newsOf(status: Status, { version, at }: Reading): News | undefined {
  const before = status.reading && nameOf(status.reading.version);
  if (before !== undefined && before !== nameOf(version)) {
    return { text: `${nameOf(version)} has replaced ${before}`, at };
  }
  if (!status.downSince) return undefined;
  const seconds = Math.max(1, Math.round((at.getTime() - status.downSince.getTime()) / 1000));
  return { text: `The backend answers again, after ${seconds} s`, at };
}

function recent(news: News | undefined, now: Date): News | undefined {
  return news && now.getTime() - news.at.getTime() < NEWS_SECONDS * 1000 ? news : undefined;
}

function added(checks: readonly Check[], milliseconds: number | null): readonly Check[] {
  const id = (checks.at(-1)?.id ?? 0) + 1;
  return [...checks, { id, milliseconds }].slice(-KEPT_CHECKS);
}
