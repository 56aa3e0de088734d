import { useCallback, useEffect, useReducer, useRef } from "react";

import { read } from "../api/backend";
import { loadApi } from "../api/config";
import { Problem } from "../api/problem";
import { startPolling, type Poller } from "./poller";
import { INITIAL, next, type Event, type Status } from "./state";

/** Watch the backend, every `refreshSeconds`. Returns its status and what checks it at once. */
export function useBackend(refreshSeconds: number): [status: Status, check: () => void] {
  const [status, dispatch] = useReducer(next, INITIAL);
  const poller = useRef<Poller>(undefined);

  useEffect(() => {
    const look = looker();
    const started = startPolling(async () => {
      dispatch({ kind: "started" });
      dispatch(await look());
    }, refreshSeconds);
    poller.current = started;
    return started.stop;
  }, [refreshSeconds]);

  return [status, useCallback(() => poller.current?.now(), [])];
}

/** What looks at the backend; the API's address is kept once it is known. */
function looker(): () => Promise<Event> {
  let api: string | undefined;
  return async () => {
    try {
      api ??= await loadApi();
      return { kind: "answered", reading: await read(api) };
    } catch (error) {
      return { kind: "failed", problem: problemOf(error), at: new Date() };
    }
  };
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(`This page has a fault: ${String(error)}`, "Reload the page.");
}
