import type { components } from "./contract";

/** How it is with the stream of events: not yet, now, or not now but again soon. */
export type Connection = "connecting" | "live" | "reconnecting";

/** That something changed; what it is now is to be read. Without a driver: perhaps everything. */
export type Change = components["schemas"]["Event"];

export interface Listener {
  /** The stream is open: whatever happened before was missed, so read again. */
  readonly opened: () => void;
  readonly changed: (change: Change) => void;
  readonly connection: (connection: Connection) => void;
}

const FIRST_WAIT_SECONDS = 1;
const LONGEST_WAIT_SECONDS = 15;

/**
 * Listen to the events at the address that `url` tells, until the returned function is called.
 *
 * A browser's EventSource gives up for good when the answer is no stream, as a load balancer's is
 * while no task is healthy: so a lost stream is closed and opened anew from here, after waits that
 * double. Nobody needs events for a page that can't be seen, and over HTTP/1.1 a browser has only
 * six connections to a host, for all of its tabs: so a hidden page has no stream.
 */
export function listen(url: () => Promise<string>, listener: Listener): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wait = FIRST_WAIT_SECONDS;
  let wanted = 0; // which call of `open` may still open something

  const close = () => {
    wanted += 1;
    clearTimeout(timer);
    source?.close();
  };
  const lost = () => {
    close();
    listener.connection("reconnecting");
    timer = setTimeout(open, jittered(wait) * 1000);
    wait = Math.min(2 * wait, LONGEST_WAIT_SECONDS);
  };
  const open = async () => {
    close();
    const mine = wanted;
    const address = await url().catch(() => undefined);
    if (mine !== wanted) return;
    if (address === undefined) return lost();
    source = new EventSource(address);
    source.onopen = () => {
      wait = FIRST_WAIT_SECONDS;
      listener.connection("live");
      listener.opened();
    };
    source.onmessage = ({ data }) => listener.changed(JSON.parse(data));
    source.onerror = lost;
  };
  const seen = () => (document.hidden ? close() : void open());

  document.addEventListener("visibilitychange", seen);
  seen();
  return () => {
    document.removeEventListener("visibilitychange", seen);
    close();
  };
}

/** So that the tabs of all visitors don't come back in the same moment. */
function jittered(seconds: number): number {
  return seconds * (0.75 + Math.random() / 2);
}
