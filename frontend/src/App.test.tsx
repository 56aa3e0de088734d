import { fireEvent, render, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";

import { App } from "./App";
import { body, json, never, Server, unreachable, VERSION } from "./test/server";

const SOON = 0.02; // seconds between checks
const LATER = 3600; // so long that only a click checks again

function status(): string {
  return screen.getByRole("status").textContent;
}

function open(path = "/", refreshSeconds = LATER) {
  window.history.replaceState(null, "", path);
  return render(<App refreshSeconds={refreshSeconds} />);
}

function checkAgain(): void {
  fireEvent.click(screen.getByRole("button", { name: "Check again" }));
}

test("says that it asks until the backend has answered", async () => {
  const server = new Server();
  server.backend(never);
  open();
  await waitFor(() => expect(server.requests).toContain("/api/version"));
  expect(status()).toBe("Asking the backend …");
  expect(screen.getByTestId("backend-version").textContent).toBe("…");
});

test("shows what the backend runs, and what the site is", async () => {
  new Server();
  open();
  await screen.findByText("The backend is up");
  expect(screen.getByTestId("backend-version").textContent).toBe(VERSION.source_tag);
  expect(screen.getByTestId("site-version").textContent).toBe("dev");
  expect(screen.getByText("3f9a1c2d4e5f")).toBeTruthy();
  expect(screen.getByText("3.12.4")).toBeTruthy();
});

test("asks the API that config.json names", async () => {
  const elsewhere = "https://api.example.com/v2";
  new Server({
    "/config.json": json({ api: elsewhere }),
    [`${elsewhere}/health`]: json({ status: "ok" }),
    [`${elsewhere}/version`]: json({ ...VERSION, source_tag: "src-elsewhere" }),
  });
  open();
  await screen.findByText("src-elsewhere");
  expect(screen.getByText(elsewhere)).toBeTruthy();
});

test("a backend that was not released by a deploy is shown as that", async () => {
  const server = new Server();
  server.run({ source_tag: null, commit: null });
  open();
  await screen.findByText("not released");
  expect(screen.getByText("not recorded")).toBeTruthy();
});

test.each([
  ["unreachable", unreachable, "can't be reached", "Check your connection"],
  ["a broken gateway", body("<h1>503</h1>", 503), "answered 503", "no healthy task"],
  ["a failure", json({ detail: "Internal Server Error" }, 500), "answered 500", "logs"],
  ["no such path", json({ detail: "Not Found" }, 404), "answered 404", "Deploy both halves"],
  ["the site's HTML", body("<!doctype html>"), "not JSON", "must reach the load balancer"],
  ["another shape", json({ status: 7 }), "not what this site expects", "Deploy both"],
])("says what is wrong and what to do: %s", async (_, answer, problem, remedy) => {
  new Server().backend(answer);
  open();
  await screen.findByText("The backend is down");
  expect(status()).toContain(problem);
  expect(status()).toContain(remedy);
  expect(screen.getByTestId("backend-version").textContent).toBe("unknown");
});

test("a backend that answers that it is ill is not up", async () => {
  new Server({ "/api/health": json({ status: "draining" }) });
  open();
  await screen.findByText("The backend is down");
  expect(status()).toContain('it is "draining"');
});

test("keeps the last known version while the backend is down", async () => {
  const server = new Server();
  open();
  await screen.findByText("The backend is up");
  server.backend(unreachable);
  checkAgain();
  await screen.findByText("The backend is down");
  expect(screen.getByTestId("backend-version").textContent).toBe(VERSION.source_tag);
  expect(screen.getByText("As it was when it last answered.")).toBeTruthy();
});

test("recovers by itself, and says after how long", async () => {
  const server = new Server();
  server.backend(unreachable);
  open("/", SOON);
  await screen.findByText("The backend is down");
  server.run();
  await screen.findByText("The backend is up");
  expect(status()).toContain("The backend answers again, after 1 s");
  expect(status()).not.toContain("can't be reached");
});

test("tells of a release that happens while it is open", async () => {
  const server = new Server();
  open("/", SOON);
  await screen.findByText(VERSION.source_tag);
  server.run({ source_tag: "src-new" });
  await screen.findByText(/src-new has replaced src-0a1b2c3d/);
  expect(screen.getByTestId("backend-version").textContent).toBe("src-new");
});

test("a click checks at once, but never twice at the same time", async () => {
  const server = new Server();
  open();
  await screen.findByText("The backend is up");
  server.backend(never);
  checkAgain();
  checkAgain();
  await waitFor(() => {
    expect(server.requests.filter((url) => url === "/api/version")).toHaveLength(2);
  });
});

test("the second page is loaded when it is asked for, and gets the focus", async () => {
  new Server();
  open();
  const link = screen.getByRole("link", { name: "About this deploy" });
  link.focus();
  fireEvent.click(link);
  const heading = await screen.findByRole("heading", { level: 1, name: "About this deploy" });
  expect(window.location.pathname).toBe("/about");
  expect(document.activeElement).toBe(heading);
  expect(document.title).toBe("About this deploy · Shipway");
  expect(link.getAttribute("aria-current")).toBe("page");
});

test.each(["/about", "/about/"])("the second page has an address of its own: %s", async (path) => {
  new Server();
  open(path);
  await screen.findByRole("heading", { level: 1, name: "About this deploy" });
});

test("an address without a page says so", async () => {
  new Server();
  open("/nowhere");
  await screen.findByRole("heading", { level: 1, name: "No such page" });
});
