import { Problem } from "./problem";
import { refusalOf, unready } from "./refusal";

export const TIMEOUT_SECONDS = 8;

const WATCHED = "This page keeps trying by itself.";
const NO_TASK =
  "The load balancer may have no healthy task: deploy again, or look at the backend's logs.";
const FAILED = "Look at the backend's logs.";

/**
 * Fetch `url` past every cache that doesn't ask first. `subject` names it in a Problem.
 * Throws a Problem when nothing answers in time, and for a 5xx.
 */
export async function request(
  url: string,
  subject: string,
  init: RequestInit = {},
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, {
      cache: "no-cache",
      ...init,
      headers: { Accept: "application/json", ...init.headers },
      signal: AbortSignal.timeout(TIMEOUT_SECONDS * 1000),
    });
  } catch (error) {
    throw new Problem(...noAnswer(subject, error));
  }
  if (response.status < 500) return response;
  throw await failureOf(response, subject);
}

/**
 * Fetch `url` and read it with `parse`, which returns undefined for what it doesn't understand.
 * Throws a Problem for everything but that.
 */
export async function getJson<T>(
  url: string,
  parse: (value: unknown) => T | undefined,
): Promise<T> {
  const response = await request(url, "The backend");
  if (!response.ok) throw await refusalOf(response, url);
  const value = parse(await jsonOf(response, url));
  if (value !== undefined) return value;
  throw new Problem(
    `The backend's answer for ${url} is not what this site expects`,
    "The two halves may be of different releases. Deploy both.",
  );
}

async function jsonOf(response: Response, url: string): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw new Problem(
      `The answer for ${url} is not JSON`,
      "/api/* must reach the load balancer, not the site's files: check the CDN's behaviours, " +
        "or the address in /config.json.",
    );
  }
}

async function failureOf(response: Response, subject: string): Promise<Problem> {
  const lacking = await unready(response);
  if (lacking) return lacking;
  const isGateway = response.status >= 502 && response.status <= 504;
  return new Problem(
    `${subject} answered ${response.status}`,
    `${isGateway ? NO_TASK : FAILED} ${WATCHED}`,
  );
}

function noAnswer(subject: string, error: unknown): [message: string, remedy: string] {
  if (error instanceof Error && error.name === "TimeoutError") {
    return [`${subject} took longer than ${TIMEOUT_SECONDS} s to answer`, `${FAILED} ${WATCHED}`];
  }
  return [`${subject} can't be reached`, `Check your connection. ${NO_TASK} ${WATCHED}`];
}
