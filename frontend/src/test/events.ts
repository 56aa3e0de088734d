import { vi } from "vitest";

/** Every EventSource that has been made, and what makes them speak: jsdom has none of its own. */
export class Streams {
  readonly made: FakeSource[] = [];

  constructor() {
    const { made } = this;
    vi.stubGlobal(
      "EventSource",
      class extends FakeSource {
        constructor(url: string) {
          super(url);
          made.push(this);
        }
      },
    );
  }

  /** Those that are not closed. */
  get open(): FakeSource[] {
    return this.made.filter(({ closed }) => !closed);
  }

  /** The one that is open. */
  get only(): FakeSource {
    const [source, ...others] = this.open;
    if (!source || others.length > 0) throw new Error(`${this.open.length} streams are open`);
    return source;
  }
}

class FakeSource {
  onopen?: () => void;
  onmessage?: (event: { data: string }) => void;
  onerror?: () => void;
  closed = false;

  constructor(readonly url: string) {}

  say(change: object): void {
    this.onmessage?.({ data: JSON.stringify(change) });
  }

  close(): void {
    this.closed = true;
  }
}
