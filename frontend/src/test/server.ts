import { vi } from "vitest";

type Answer = () => Response | Promise<Response>;

export const VERSION = {
  commit: "3f9a1c2d4e5f60718293",
  source_tag: "src-0a1b2c3d",
  python: "3.12.4",
  started_at: "2026-11-22T08:15:12Z",
};

export function json(body: unknown, status = 200): Answer {
  return () => Response.json(body, { status });
}

export function body(text: string, status = 200): Answer {
  return () => new Response(text, { status });
}

export const unreachable: Answer = () => Promise.reject(new TypeError("Failed to fetch"));
export const never: Answer = () => new Promise(() => {});

/** What the network answers, by address: change `answers`, and the next request sees it. */
export class Server {
  readonly requests: string[] = [];
  answers: Record<string, Answer>;

  constructor(answers: Record<string, Answer> = {}) {
    this.answers = {
      "/config.json": json({}),
      "/api/health": json({ status: "ok" }),
      "/api/version": json(VERSION),
      ...answers,
    };
    vi.stubGlobal("fetch", (url: string) => {
      this.requests.push(url);
      return Promise.resolve((this.answers[url] ?? body("Not Found", 404))());
    });
  }

  /** From now on the backend's two addresses answer this. */
  backend(answer: Answer): void {
    this.answers["/api/health"] = this.answers["/api/version"] = answer;
  }

  /** From now on the backend runs what `changes` say. */
  run(changes: Partial<Record<keyof typeof VERSION, string | null>> = {}): void {
    this.answers["/api/health"] = json({ status: "ok" });
    this.answers["/api/version"] = json({ ...VERSION, ...changes });
  }
}
