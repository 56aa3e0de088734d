import { useCallback, useEffect, useReducer, useRef } from "react";

import { read } from "../api/backend";
import { problemOf } from "../api/problem";
import { startPolling, type Poller } from "./poller";
import { INITIAL, next, type Event, type Status } from "./state";

/**
 * Watch the backend at the address that `api` tells, every `refreshSeconds`.
 * Returns its status and what checks it at once.
 */
export function useBackend(
  api: () => Promise<string>,
  refreshSeconds: number,
): [status: Status, check: () => void] {
  const [status, dispatch] = useReducer(next, INITIAL);
  const poller = useRef<Poller>(undefined);

  useEffect(() => {
    const started = startPolling(async () => {
      dispatch({ kind: "started" });
      dispatch(await look(api));
    }, refreshSeconds);
    poller.current = started;
    return started.stop;
  }, [api, refreshSeconds]);

  return [status, useCallback(() => poller.current?.now(), [])];
}

async function look(api: () => Promise<string>): Promise<Event> {
  try {
    return { kind: "answered", reading: await read(await api()) };
  } catch (error) {
    return { kind: "failed", problem: problemOf(error), at: new Date() };
  }
}
