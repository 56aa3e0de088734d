import type { Problem } from "../api/problem";

/** That something can't be read just now, why, and what to do. */
export function Unread({ problem }: { problem: Problem | undefined }) {
  return (
    <div role="alert">
      {problem && (
        <div className="unread">
          <p className="problem">{problem.message}</p>
          <p>{problem.remedy}</p>
        </div>
      )}
    </div>
  );
}
