/** Repeats a check until it is stopped. */
export interface Poller {
  /** Check at once, unless a check is on its way. */
  readonly now: () => void;
  readonly stop: () => void;
}

/**
 * Run `check` now and `seconds` after each one has ended, but not while nobody can see the page;
 * when it is seen again, at once.
 */
export function startPolling(check: () => Promise<void>, seconds: number): Poller {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;
  let stopped = false;

  const now = async () => {
    if (busy || stopped) return;
    busy = true;
    clearTimeout(timer);
    await check();
    busy = false;
    if (!stopped) timer = setTimeout(tick, seconds * 1000);
  };
  const tick = () => {
    if (!document.hidden) void now();
  };

  document.addEventListener("visibilitychange", tick);
  void now();
  return {
    now: () => void now(),
    stop: () => {
      stopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", tick);
    },
  };
}
