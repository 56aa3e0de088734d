import { expect, test } from "vitest";

import { body, json, Server, unreachable } from "../test/server";
import { loadApi } from "./config";

test.each([
  ["{}", json({}), "/api"],
  ["an empty address", json({ api: "" }), "/api"],
  ["another origin", json({ api: "https://api.example.com/v2/" }), "https://api.example.com/v2"],
  ["another path", json({ api: "/backend" }), "/backend"],
  ["no such file", body("Not Found", 404), "/api"],
  ["a bucket that does not tell what it has not", body("AccessDenied", 403), "/api"],
  ["the site's own HTML", body("<!doctype html><html></html>"), "/api"],
])("the API's address with %s", async (_, answer, expected) => {
  new Server({ "/config.json": answer });
  expect(await loadApi()).toBe(expected);
});

test.each([
  ["no JSON", body("api: https://api.example.com"), "not JSON"],
  ["no text", json({ api: 5 }), "names no address"],
  ["a script", json({ api: "javascript:alert(1)" }), "names no address"],
  ["a failure", body("", 503), "configuration answered 503"],
  ["no network", unreachable, "configuration can't be reached"],
])("is not guessed with %s", async (_, answer, problem) => {
  new Server({ "/config.json": answer });
  await expect(loadApi()).rejects.toThrow(problem);
});
