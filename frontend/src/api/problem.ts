import type { components } from "./contract";

/** Something that keeps the page from its data: what it is, and what to do about it. */
export class Problem extends Error {
  constructor(
    message: string,
    readonly remedy: string,
  ) {
    super(message);
    this.name = "Problem";
  }
}

/** What the backend found wrong, and where: in a form's field, or in a row's column of a file. */
export type Fault = components["schemas"]["FieldError"];

/** A request that the backend understood and did not do: a status of 400 to 499. */
export class Refusal extends Problem {
  constructor(
    readonly status: number,
    message: string,
    remedy: string,
    readonly faults: readonly Fault[] = [],
  ) {
    super(message, remedy);
    this.name = "Refusal";
  }
}

/** A Problem as it is; anything else is a fault of this page's own. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(`This page has a fault: ${String(error)}`, "Reload the page.");
}
