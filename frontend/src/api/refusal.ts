import type { components } from "./contract";
import { Problem, Refusal } from "./problem";

type Details = components["schemas"]["Problem"];

// https://www.rfc-editor.org/rfc/rfc9457
const TYPE = "application/problem+json";
const OLDER =
  "It may be older than this site, or /config.json may name another API. Deploy both halves.";
const CHANGE = "Change it, and send it again.";
const NOT_READY =
  "This page keeps trying by itself. If it stays so: `invoke deploy` brings up the database that " +
  "deploy.toml asks for and runs the migrations, and `invoke logs` tells more.";

/** The Refusal that `response`, of 400 to 499 and from `url`, is. */
export async function refusalOf(response: Response, url: string): Promise<Refusal> {
  const { status } = response;
  const details = await detailsOf(response);
  if (details && details.detail !== details.title) {
    return new Refusal(status, sentence(details.detail), CHANGE, details.errors ?? []);
  }
  return new Refusal(status, `The backend answered ${status} for ${url}`, OLDER);
}

/**
 * What the backend itself says that it lacks in `response`, of 503: its database, most likely.
 * Undefined where it was not the backend that spoke, but a load balancer without one.
 */
export async function unready(response: Response): Promise<Problem | undefined> {
  const details = response.status === 503 ? await detailsOf(response) : undefined;
  return details && new Problem(sentence(details.detail), NOT_READY);
}

async function detailsOf(response: Response): Promise<Details | undefined> {
  if (!response.headers.get("Content-Type")?.startsWith(TYPE)) return undefined;
  const body: Details | null = await response.json().catch(() => null);
  return typeof body?.detail === "string" ? body : undefined;
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
