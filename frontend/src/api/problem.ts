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
