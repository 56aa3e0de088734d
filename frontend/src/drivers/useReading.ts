import { useCallback, useEffect, useRef, useState } from "react";

import type { Problem } from "../api/problem";
import { startReading, type Reading } from "./reading";

export interface Read<T> {
  readonly value: T | undefined; // the last good one; it stays while the backend can't be asked
  readonly problem: Problem | undefined;
  readonly again: () => void;
}

/** What `read` reads, as often as `again` is called. `read` must stay the same function. */
export function useReading<T>(read: () => Promise<T>): Read<T> {
  const [value, setValue] = useState<T>();
  const [problem, setProblem] = useState<Problem>();
  const reading = useRef<Reading>(undefined);

  useEffect(() => {
    const started = startReading(read, (outcome) => {
      if ("value" in outcome) setValue(() => outcome.value);
      setProblem("problem" in outcome ? outcome.problem : undefined);
    });
    reading.current = started;
    return started.stop;
  }, [read]);

  return { value, problem, again: useCallback(() => reading.current?.again(), []) };
}
