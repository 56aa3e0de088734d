/** The time from `start` to `end`, by its largest unit: `40 s`, `3 min`, `5 h`, `12 days`. */
export function duration(start: Date, end: Date): string {
  const seconds = Math.max(0, Math.floor((end.getTime() - start.getTime()) / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/** `7 ms`; what took less than half of one is `<1 ms`. */
export function milliseconds(value: number): string {
  return value < 0.5 ? "<1 ms" : `${Math.round(value)} ms`;
}
