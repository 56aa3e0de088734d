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

/** As the backend tells of a problem: https://www.rfc-editor.org/rfc/rfc9457 */
export function problem(status: number, detail: string, errors?: object[]): Answer {
  const headers = { "Content-Type": "application/problem+json" };
  return () => Response.json({ title: "Its phrase", status, detail, errors }, { status, headers });
}

export const unreachable: Answer = () => Promise.reject(new TypeError("Failed to fetch"));
export const never: Answer = () => new Promise(() => {});

/**
 * What the network answers, by address, or by method and address where it is no GET: change
 * `answers`, and the next request sees it.
 */
export class Server {
  readonly requests: string[] = [];
  readonly sent: unknown[] = []; // what came with them
  answers: Record<string, Answer>;

  constructor(answers: Record<string, Answer> = {}) {
    this.answers = {
      "/config.json": json({}),
      "/api/health": json({ status: "ok" }),
      "/api/version": json(VERSION),
      ...answers,
    };
    vi.stubGlobal("fetch", (url: string, { method = "GET", body: sent }: RequestInit = {}) => {
      const asked = method === "GET" ? url : `${method} ${url}`;
      this.requests.push(asked);
      if (sent) this.sent.push(typeof sent === "string" ? JSON.parse(sent) : sent);
      return Promise.resolve((this.answers[asked] ?? body("Not Found", 404))());
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
