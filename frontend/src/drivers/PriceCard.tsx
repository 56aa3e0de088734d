import type { Price } from "../api/drivers";
import { amount } from "./format";
import { inWords } from "./inWords";
import { Unread } from "./Unread";
import type { Read } from "./useReading";

/** What the driver pays, and why. It changes by itself with every trip. */
export function PriceCard({ price: { value, problem } }: { price: Read<Price> }) {
  return (
    <section className="card" aria-labelledby="price-title">
      <h2 id="price-title">Price</h2>
      <Unread problem={problem} />
      {!value && !problem && <p className="waiting">Asking for it …</p>}
      {value && <Quoted price={value} />}
    </section>
  );
}

function Quoted({ price }: { price: Price }) {
  const { monthly_premium, currency, model_version } = price;
  return (
    <>
      <p className="amount" role="status" aria-label="Premium">
        {amount(monthly_premium, currency)} <span>a month</span>
      </p>
      <p>{inWords(price)}</p>
      <p className="quiet">
        Pricing model <code>{model_version}</code>
      </p>
    </>
  );
}
