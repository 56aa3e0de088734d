import { problemOf, type Problem } from "../api/problem";

export const RETRY_SECONDS = 5;

/** Something read from the backend, or what kept it from being read. */
export type Outcome<T> = { readonly value: T } | { readonly problem: Problem };

export interface Reading {
  /** Read again; during a reading, once more after it: it may be too old for what has changed. */
  readonly again: () => void;
  readonly stop: () => void;
}

/** Read now, whenever `again` is called, and RETRY_SECONDS after a failure. Tells each outcome. */
export function startReading<T>(
  read: () => Promise<T>,
  tell: (outcome: Outcome<T>) => void,
): Reading {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;
  let asked = false;
  let stopped = false;

  const readOnce = async () => {
    asked = false;
    const outcome = await outcomeOf(read);
    if (stopped) return;
    tell(outcome);
    if ("problem" in outcome) timer = setTimeout(again, RETRY_SECONDS * 1000);
  };
  const again = async () => {
    asked = true;
    if (busy) return;
    busy = true;
    while (asked && !stopped) {
      clearTimeout(timer);
      await readOnce();
    }
    busy = false;
  };

  void again();
  return {
    again: () => void again(),
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function outcomeOf<T>(read: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { value: await read() };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}
