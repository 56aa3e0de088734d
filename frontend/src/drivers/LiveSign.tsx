import type { Connection } from "../api/events";

const TEXTS: Record<Connection, string> = {
  connecting: "Connecting …",
  live: "Live",
  reconnecting: "Reconnecting …",
};

/** Whether changes made elsewhere show up here by themselves. */
export function LiveSign({ connection }: { connection: Connection }) {
  return (
    <p className={`live live-${connection}`} role="status" aria-label="Live updates">
      {TEXTS[connection]}
    </p>
  );
}
