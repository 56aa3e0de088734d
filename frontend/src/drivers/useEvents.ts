import { useEffect, useRef, useState } from "react";

import type { Client } from "../api/client";
import { EVENTS } from "../api/drivers";
import type { Change, Connection } from "../api/events";

/**
 * Call `changed` with each change, and with undefined when changes may have been missed.
 * Returns how it is with the stream.
 */
export function useEvents(
  client: Client,
  changed: (change: Change | undefined) => void,
): Connection {
  const [connection, setConnection] = useState<Connection>("connecting");
  const newest = useRef(changed);
  useEffect(() => {
    newest.current = changed;
  });

  useEffect(() => {
    return client.listen(EVENTS, {
      opened: () => newest.current(undefined),
      changed: (change) => newest.current(change.type === "reset" ? undefined : change),
      connection: setConnection,
    });
  }, [client]);

  return connection;
}
