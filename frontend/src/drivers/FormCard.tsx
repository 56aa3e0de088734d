import { useId, type ReactNode } from "react";

import type { Submission } from "./useSubmission";

interface Properties {
  readonly title: string;
  readonly action: string; // on the button
  readonly submission: Submission;
  readonly children: ReactNode;
}

/**
 * A form that says itself what is wrong with it, at the fields, rather than in the browser's
 * bubbles. What came of it is told below the button; the live regions are there from the start, or
 * nobody would hear.
 */
export function FormCard({ title, action, submission, children }: Properties) {
  const id = useId();
  const { busy, done, problem, faults, submit } = submission;
  return (
    <form className="card form" aria-labelledby={id} onSubmit={submit} noValidate>
      <h2 id={id}>{title}</h2>
      <div className="fields">{children}</div>
      <button type="submit" aria-disabled={busy}>
        {busy ? "Sending …" : action}
      </button>
      <p className="done" role="status">
        {done}
      </p>
      <div role="alert">
        {problem && <p className="problem">{problem.message}</p>}
        {problem && faults.length === 0 && <p>{problem.remedy}</p>}
      </div>
    </form>
  );
}
