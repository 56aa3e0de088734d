import { act, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";

import { App } from "../App";
import { ADA, ADAS, insurer, LIST, page } from "../test/drivers";
import { Streams } from "../test/events";
import { body, json, never, problem, type Server } from "../test/server";

const CREATED = { type: "driver.created", driver_id: ADA.id };

let server: Server;
let streams: Streams;

beforeEach(() => {
  server = insurer();
  streams = new Streams();
});

function open(): void {
  window.history.replaceState(null, "", "/drivers");
  render(<App refreshSeconds={3600} />);
}

function names(): string[] {
  const links = screen.queryByRole("list", { name: "drivers" })?.querySelectorAll(".row-name");
  return [...(links ?? [])].map(({ textContent }) => textContent);
}

async function fill(entries: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(entries)) {
    fireEvent.change(await screen.findByLabelText(label), { target: { value } });
  }
  fireEvent.click(screen.getByRole("button", { name: "Register" }));
}

const BO = { Name: "Bo", Email: "bo@example.com", "Year of birth": "1990" };

test("says that it loads until the backend has answered", async () => {
  server.answers[LIST] = never;
  open();
  await screen.findByText("Loading …");
  expect(screen.queryByText(/Register the first driver/)).toBeNull();
});

test("lists the drivers, each with a link", async () => {
  open();
  const link = await screen.findByRole("link", { name: /Ada Lovelace/ });
  expect(link.getAttribute("href")).toBe(`/drivers/${ADA.id}`);
  expect(link.textContent).toContain("ada@example.com");
});

test("without a driver it says how to get one", async () => {
  server.answers[LIST] = page([]);
  open();
  await screen.findByText(/Register the first driver/);
});

test("registers what was typed, shows the list as it is then, and empties the form", async () => {
  server.answers["POST /api/v1/drivers"] = () => {
    server.answers[LIST] = page([{ ...ADA, id: "2", name: "Bo" }, ADA]);
    return Response.json({ ...ADA, id: "2", name: "Bo" }, { status: 201 });
  };
  open();
  await fill({ ...BO, Name: "  Bo " });
  await screen.findByText("Bo is registered.");
  expect(server.sent).toEqual([{ name: "  Bo ", email: "bo@example.com", birth_year: 1990 }]);
  await waitFor(() => expect(names()).toEqual(["Bo", "Ada Lovelace"]));
  expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("");
});

test("what the backend finds wrong stands at its field, and the first one has the focus", async () => {
  server.answers["POST /api/v1/drivers"] = problem(422, "2 fields are not valid", [
    { field: "birth_year", message: "a driver is at least 17 years old" },
    { field: "email", message: "should look like an address" },
  ]);
  open();
  await fill({ ...BO, "Year of birth": "twenty" });
  await screen.findByText("2 fields are not valid");
  expect(server.sent).toEqual([{ name: "Bo", email: "bo@example.com", birth_year: "twenty" }]);
  const [email, year] = [screen.getByLabelText("Email"), screen.getByLabelText("Year of birth")];
  expect(document.activeElement).toBe(email);
  expect(description(email)).toBe("should look like an address");
  expect(description(year)).toBe("a driver is at least 17 years old");
  expect(year.getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByLabelText("Name").getAttribute("aria-invalid")).toBe("false");
  expect((year as HTMLInputElement).value).toBe("twenty");
});

test("what is missing, or can't be an address, is told without asking the backend", async () => {
  open();
  await fill({ Name: "Bo", Email: "bo" });
  await screen.findByText(/Nothing was sent/);
  const invalid = ["Name", "Email", "Year of birth", "Licence since"].map((label) =>
    screen.getByLabelText(label).getAttribute("aria-invalid"),
  );
  expect(invalid).toEqual(["false", "true", "true", "false"]);
  expect(document.activeElement).toBe(screen.getByLabelText("Email"));
  expect(server.sent).toEqual([]);
});

function description(input: HTMLElement): string | undefined {
  const id = input.getAttribute("aria-describedby") ?? "";
  return document.getElementById(id)?.textContent;
}

test("an email that is registered already is told at the email", async () => {
  const taken = [{ field: "email", message: "belongs to another driver" }];
  server.answers["POST /api/v1/drivers"] = problem(409, "this email is registered", taken);
  open();
  await fill(BO);
  await screen.findByText("This email is registered");
  expect(description(screen.getByLabelText("Email"))).toBe("belongs to another driver");
});

test("a form is sent once, however often it is pressed", async () => {
  server.answers["POST /api/v1/drivers"] = never;
  open();
  await fill(BO);
  fireEvent.click(await screen.findByRole("button", { name: "Sending …" }));
  expect(server.sent).toHaveLength(1);
});

test("when nobody knows whether it was stored, it says so", async () => {
  server.answers["POST /api/v1/drivers"] = body("", 502);
  open();
  await fill(BO);
  await screen.findByText("The backend answered 502");
  expect(screen.getByText(/may have been stored all the same/)).toBeTruthy();
  expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("Bo");
});

test("shows what others write, as it is written", async () => {
  open();
  await screen.findByText("Connecting …");
  act(() => streams.only.onopen?.());
  await screen.findByText("Live");
  server.answers[LIST] = page([{ ...ADA, id: "2", name: "Bo" }, ADA]);
  act(() => streams.only.say(CREATED));
  await waitFor(() => expect(names()).toEqual(["Bo", "Ada Lovelace"]));
  server.answers[LIST] = page([]);
  act(() => streams.only.say({ type: "driver.deleted", driver_id: ADA.id }));
  await screen.findByText(/Register the first driver/);
});

test("tells that the stream is lost, and reads what was missed when it is back", async () => {
  open();
  await screen.findByText("Ada Lovelace");
  act(() => streams.only.onopen?.());
  act(() => streams.only.onerror?.());
  await screen.findByText("Reconnecting …");
  server.answers[LIST] = page([]);
  await waitFor(() => streams.only, { timeout: 3000 });
  act(() => streams.only.onopen?.());
  await screen.findByText("Live");
  await screen.findByText(/Register the first driver/);
});

test("loads more, stays where the new ones begin, and later reads all that is shown", async () => {
  const bo = { ...ADA, id: "2", name: "Bo" };
  const cy = { ...ADA, id: "3", name: "Cy" };
  server.answers[LIST] = page([ADA], "after-ada");
  server.answers[`${LIST}&cursor=after-ada`] = page([bo]);
  open();
  fireEvent.click(await screen.findByRole("button", { name: "Load more drivers" }));
  await waitFor(() => expect(names()).toEqual(["Ada Lovelace", "Bo"]));
  expect(document.activeElement?.textContent).toContain("Bo");
  expect(screen.queryByRole("button", { name: "Load more drivers" })).toBeNull();
  server.answers[LIST] = page([cy], "after-cy");
  server.answers[`${LIST}&cursor=after-cy`] = page([ADA, bo]);
  act(() => streams.only.say(CREATED));
  await waitFor(() => expect(names()).toEqual(["Cy", "Ada Lovelace", "Bo"]));
});

test("a backend without a database is shown as that, with the remedy, until it has one", async () => {
  const missing = "there is no database: DATABASE_URL is not set";
  server.answers[LIST] = problem(503, missing);
  open();
  const alert = await screen.findByText("There is no database: DATABASE_URL is not set");
  expect(alert.parentElement?.textContent).toContain("invoke deploy");
  server.answers[LIST] = page([]);
  act(() => streams.only.onopen?.());
  await screen.findByText(/Register the first driver/);
  expect(screen.queryByText(/no database/)).toBeNull();
});

test("what is shown stays while the backend can't be asked", async () => {
  open();
  await screen.findByText("Ada Lovelace");
  server.answers[LIST] = body("", 503);
  act(() => streams.only.onopen?.());
  await screen.findByText("The backend answered 503");
  expect(names()).toEqual(["Ada Lovelace"]);
});

test("a backend that is older than the site is told apart", async () => {
  server.answers[LIST] = json({ detail: "Not Found" }, 404);
  open();
  await screen.findByText(/answered 404/);
  expect(screen.getByText(/Deploy both halves/)).toBeTruthy();
});

test("the way to a driver and back is that of the browser, and the heading has the focus", async () => {
  open();
  fireEvent.click(await screen.findByRole("link", { name: /Ada Lovelace/ }));
  const heading = await screen.findByRole("heading", { level: 1, name: "Ada Lovelace" });
  expect(document.activeElement).toBe(heading);
  expect(screen.getByRole("link", { name: "Drivers" }).getAttribute("aria-current")).toBe("true");
  expect(server.requests).toContain(ADAS);
  expect(streams.open).toHaveLength(1);
});
