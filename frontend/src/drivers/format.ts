// Without a locale: the visitor's own.
const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat(undefined, { style: "percent" });

/** `12.4`, at most one digit after the point. */
export function number(value: number): string {
  return NUMBER.format(value);
}

/** 0.25 as `25%`. */
export function percent(share: number): string {
  return PERCENT.format(share);
}

/** A decimal in text, such as the API's `41.20`, as an amount: `€41.20`. */
export function amount(decimal: string, currency: string): string {
  return new Intl.NumberFormat(undefined, { style: "currency", currency }).format(Number(decimal));
}
