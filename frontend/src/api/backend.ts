import { Problem } from "./problem";
import { getJson } from "./request";

/** What the backend runs. A commit or source tag that nobody told it is undefined. */
export interface Version {
  readonly commit: string | undefined;
  readonly sourceTag: string | undefined;
  readonly python: string;
  readonly startedAt: Date;
}

/** One look at the backend: what it runs, and how long the health check took. */
export interface Reading {
  readonly api: string; // the address that was asked
  readonly version: Version;
  readonly milliseconds: number;
  readonly at: Date;
}

/** Ask the backend at `api` for its health and its version. Throws a Problem if either fails. */
export async function read(api: string): Promise<Reading> {
  const [milliseconds, version] = await Promise.all([
    measureHealth(api),
    getJson(`${api}/version`, parseVersion),
  ]);
  return { api, version, milliseconds, at: new Date() };
}

/** The name to show for what runs: the source tag, which is the content, before the commit. */
export function nameOf(version: Version): string {
  return version.sourceTag ?? version.commit?.slice(0, 7) ?? "not released";
}

async function measureHealth(api: string): Promise<number> {
  const started = performance.now();
  const health = await getJson(`${api}/health`, parseHealth);
  if (health !== "ok") {
    throw new Problem(`The backend says that it is "${health}"`, "Look at the backend's logs.");
  }
  return performance.now() - started;
}

function parseHealth(value: unknown): string | undefined {
  return isRecord(value) ? text(value["status"]) : undefined;
}

function parseVersion(value: unknown): Version | undefined {
  if (!isRecord(value)) return undefined;
  const python = text(value["python"]);
  const startedAt = new Date(text(value["started_at"]) ?? "");
  if (python === undefined || Number.isNaN(startedAt.getTime())) return undefined;
  return { commit: text(value["commit"]), sourceTag: text(value["source_tag"]), python, startedAt };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
