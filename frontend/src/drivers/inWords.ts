import type { Factor, Price } from "../api/drivers";
import { amount, number, percent } from "./format";

const LEAST = 0.005; // of an effect: less is no percent

/** The way from the base premium to what is paid, in sentences. */
export function inWords({ base_premium, currency, factors, trips }: Price): string {
  const base = `The base premium of ${amount(base_premium, currency)}`;
  const parts = factors.filter(({ effect }) => Math.abs(effect - 1) >= LEAST).map(part);
  const sum = [base, ...(parts.length > 0 ? parts : ["and nothing on top"])].join(", ");
  return [`${sum}.`, ...counted(trips)].join(" ");
}

function part({ name, effect }: Factor): string {
  return `${percent(Math.abs(effect - 1))} ${effect > 1 ? "more" : "less"} for ${name}`;
}

function counted(trips: number): string[] {
  if (trips === 0) return [];
  return [trips === 1 ? "One trip counts." : `${number(trips)} trips count.`];
}
