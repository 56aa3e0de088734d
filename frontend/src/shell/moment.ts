// Without a locale: the visitor's own. Status and drivers tell time alike.
const MOMENT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const MINUTE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const TIME = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

/** `Nov 22, 2026, 9:15:04 AM` where people write it so, in the visitor's time zone. */
export function moment(date: Date): string {
  return MOMENT.format(date);
}

/** As `moment`, without the seconds. */
export function minute(date: Date): string {
  return MINUTE.format(date);
}

/** `9:15:04 AM` where people write it so, in the visitor's time zone. */
export function time(date: Date): string {
  return TIME.format(date);
}
