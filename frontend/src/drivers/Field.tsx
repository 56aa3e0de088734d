import { useId, type InputHTMLAttributes } from "react";

import type { Submission } from "./useSubmission";

interface Properties extends InputHTMLAttributes<HTMLInputElement> {
  readonly name: string; // as the API calls it
  readonly label: string;
  readonly hint?: string;
  readonly submission: Submission;
}

/** An input with its label and, under it, a hint and what the backend found wrong with it. */
export function Field({ name, label, hint, submission, ...input }: Properties) {
  const id = useId();
  const fault = submission.faults.find(({ field, row }) => field === name && row == null)?.message;
  const described = [hint && `${id}-hint`, fault && `${id}-fault`].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        name={name}
        aria-invalid={fault !== undefined}
        aria-describedby={described || undefined}
        {...input}
      />
      {hint && (
        <p className="quiet" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {fault && (
        <p className="problem" id={`${id}-fault`}>
          {fault}
        </p>
      )}
    </div>
  );
}
