import { moment, time } from "../shell/moment";
import { duration, milliseconds } from "./format";
import type { Phase, Status } from "./state";

const TITLES: Record<Phase, string> = {
  loading: "Asking the backend …",
  up: "The backend is up",
  down: "The backend is down",
};

interface Properties {
  readonly status: Status;
  readonly check: () => void;
  readonly refreshSeconds: number;
}

/**
 * How the backend is, in words. The live region holds only what changes with the phase: a screen
 * reader hears of an outage and of its end, not of every check.
 */
export function Summary({ status, check, refreshSeconds }: Properties) {
  const { phase, problem, news } = status;
  return (
    <section className={`summary summary-${phase}`} aria-label="Backend status">
      <Sign phase={phase} />
      <div className="summary-text">
        <div role="status">
          <h2>{TITLES[phase]}</h2>
          {problem && <p className="problem">{problem.message}</p>}
          {problem && <p>{problem.remedy}</p>}
          {news && (
            <p className="news">
              <Moment at={news.at} /> {news.text}
            </p>
          )}
        </div>
        <p className="quiet">{detail(status, refreshSeconds)}</p>
      </div>
      <button type="button" onClick={check} aria-disabled={status.checking}>
        Check again
      </button>
    </section>
  );
}

function detail({ phase, reading, downSince }: Status, refreshSeconds: number): string {
  const rhythm = `Checked every ${refreshSeconds} s.`;
  if (phase === "down" && downSince) {
    const seen = reading ? `, last seen at ${time(reading.at)}` : "";
    return `Down since ${time(downSince)}${seen}. ${rhythm}`;
  }
  if (!reading) return rhythm;
  const { version, at } = reading;
  const uptime = duration(version.startedAt, at);
  return `Answered in ${milliseconds(reading.milliseconds)}, running for ${uptime}. ${rhythm}`;
}

function Moment({ at }: { at: Date }) {
  return (
    <time dateTime={at.toISOString()} title={moment(at)}>
      {time(at)}
    </time>
  );
}

function Sign({ phase }: { phase: Phase }) {
  return (
    <svg className="sign" viewBox="0 0 48 48" aria-hidden="true">
      <circle className="sign-ring" cx="24" cy="24" r="21" />
      {phase === "up" && <path className="sign-line" d="m15 25 6.5 6.5L34 18" />}
      {phase === "down" && <path className="sign-line" d="M24 14v12m0 7v.5" />}
      {phase === "loading" && <path className="sign-line sign-turning" d="M24 12a12 12 0 0 1 12 12" />}
    </svg>
  );
}
