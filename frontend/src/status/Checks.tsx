import { milliseconds } from "./format";
import { KEPT_CHECKS, type Check } from "./state";

const STEP = 10; // of the drawing's units: a bar and the gap beside it
const HEIGHT = 56;
const LOWEST = 6; // a bar that can still be seen

/** The checks that this tab has made, as bars: the higher, the longer it took. */
export function Checks({ checks }: { checks: readonly Check[] }) {
  const slowest = Math.max(1, ...checks.map((check) => check.milliseconds ?? 0));
  return (
    <section className="card card-wide" aria-labelledby="checks-title">
      <h2 id="checks-title">Checks from this tab</h2>
      <svg
        className="bars"
        viewBox={`0 0 ${KEPT_CHECKS * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {checks.map((check, index) => (
          <Bar
            key={check.id}
            check={check}
            x={(KEPT_CHECKS - checks.length + index) * STEP}
            slowest={slowest}
          />
        ))}
      </svg>
      <p className="quiet">{inWords(checks)}</p>
    </section>
  );
}

function Bar({ check, x, slowest }: { check: Check; x: number; slowest: number }) {
  const failed = check.milliseconds === null;
  const share = failed ? 1 : check.milliseconds / slowest;
  const height = Math.max(LOWEST, share * HEIGHT);
  return (
    <rect
      className={failed ? "bar bar-failed" : "bar"}
      x={x + 1.5}
      y={HEIGHT - height}
      width={STEP - 3}
      height={height}
    />
  );
}

function inWords(checks: readonly Check[]): string {
  const times = checks.flatMap(({ milliseconds: value }) => (value === null ? [] : [value]));
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
  if (checks.length === 0) return "None yet.";
  const failed = checks.length - times.length;
  const counted = `${checks.length} so far, ${failed === 0 ? "none" : failed} failed`;
  return median === undefined ? `${counted}.` : `${counted}, half within ${milliseconds(median)}.`;
}
