import { request } from "./request";
import { Problem } from "./problem";

/** Same origin: the CDN passes /api/* on to the load balancer. */
export const DEFAULT_API = "/api";

const FIX_CONFIG = 'It should be {} or {"api": "https://api.example.com/api"}.';

/**
 * The API's address, without a slash at its end, from /config.json.
 *
 * The file is read when the page starts rather than built in, so that one build serves every
 * environment. A missing file means the default; so does the site's own HTML, which a
 * single-page site answers for any path. Throws a Problem for a file that names no address, and
 * for one that can't be fetched: guessing could ask the wrong environment.
 */
export async function loadApi(): Promise<string> {
  const response = await request("/config.json", "The site's configuration");
  const text = await response.text();
  if (!response.ok || text.trimStart().startsWith("<")) return DEFAULT_API;
  return addressIn(text).replace(/\/+$/, "") || DEFAULT_API;
}

function addressIn(text: string): string {
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch {
    throw new Problem("/config.json is not JSON", FIX_CONFIG);
  }
  const api = (config as { api?: unknown } | null)?.api ?? "";
  if (typeof api === "string" && /^($|\/|https?:\/\/)/.test(api)) return api;
  throw new Problem("/config.json names no address that works", FIX_CONFIG);
}

/** `loadApi`, asked once: the address is kept, a failure is not. */
export function keptApi(): () => Promise<string> {
  let api: string | undefined;
  return async () => (api ??= await loadApi());
}
