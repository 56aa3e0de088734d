import { Refusal } from "../api/problem";

/**
 * The number in a form's field. What is empty is left out; what is no number stays the text that it
 * is, so that the backend can say what is wrong with it. A comma is a point to half of the world.
 */
export function numberIn(form: FormData, name: string): number | string | undefined {
  const text = String(form.get(name) ?? "").trim();
  const value = Number(text.replace(",", "."));
  return text === "" ? undefined : Number.isNaN(value) ? text : value;
}

/** As numberIn, for what is typed as percent and sent as a share of 1. */
export function shareIn(form: FormData, name: string): number | string | undefined {
  const value = numberIn(form, name);
  return typeof value === "number" ? value / 100 : value;
}

/** The time in a datetime-local field, which is the visitor's, as an instant. */
export function instantIn(form: FormData, name: string): string | undefined {
  const text = String(form.get(name) ?? "");
  return text === "" ? undefined : new Date(text).toISOString();
}

/** The form, if a file is chosen in it and can still be read: a browser refuses a changed one. */
export async function withFile(form: FormData): Promise<FormData> {
  const file = form.get("file");
  if (!(file instanceof File) || file.name === "") throw refused("Choose a file first.");
  await file.slice(0, 1).arrayBuffer().catch(() => {
    throw refused("The file has changed since it was chosen. Choose it again.");
  });
  return form;
}

function refused(message: string): Refusal {
  return new Refusal(422, "Nothing was sent", "", [{ field: "file", message }]);
}
