import { render, screen } from "@testing-library/react";
import { lazy, Suspense } from "react";
import { expect, test, vi } from "vitest";

import { LoadBoundary } from "./LoadBoundary";

test("a page whose file is gone offers to load the site again", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {}); // React tells of what was caught
  const Gone = lazy(() => Promise.reject(new TypeError("Failed to fetch module")));
  render(
    <LoadBoundary>
      <Suspense>
        <Gone />
      </Suspense>
    </LoadBoundary>,
  );
  const alert = await screen.findByRole("alert");
  expect(alert.textContent).toContain("may have been updated");
  expect(screen.getByRole("button", { name: "Load the site again" })).toBeTruthy();
});
