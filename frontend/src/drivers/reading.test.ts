import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Problem } from "../api/problem";
import { RETRY_SECONDS, startReading } from "./reading";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("however often it is asked during a reading, it reads once more, after it", async () => {
  const answers: ((value: number) => void)[] = [];
  const tell = vi.fn();
  const reading = startReading(() => new Promise<number>((done) => answers.push(done)), tell);
  for (let i = 0; i < 10; i++) reading.again();
  expect(answers).toHaveLength(1);
  answers[0]?.(1);
  await vi.advanceTimersByTimeAsync(0);
  answers[1]?.(2);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(tell.mock.calls).toEqual([[{ value: 1 }], [{ value: 2 }]]);
  expect(answers).toHaveLength(2);
  reading.stop();
});

test("tries again by itself after a failure", async () => {
  const problem = new Problem("Away", "Wait.");
  const read = vi.fn().mockRejectedValueOnce(problem).mockResolvedValue("there");
  const tell = vi.fn();
  const reading = startReading(read, tell);
  await vi.advanceTimersByTimeAsync(RETRY_SECONDS * 1000);
  expect(tell.mock.calls).toEqual([[{ problem }], [{ value: "there" }]]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(read).toHaveBeenCalledTimes(2);
  reading.stop();
});

test("tells nothing once it is stopped", async () => {
  const tell = vi.fn();
  startReading(() => Promise.resolve(1), tell).stop();
  await vi.advanceTimersByTimeAsync(0);
  expect(tell).not.toHaveBeenCalled();
});
