import { useRef, useState, type SubmitEvent } from "react";

import { Refusal, problemOf, type Fault, type Problem } from "../api/problem";

/** A form on its way to the backend: whether it is, what came of it, and what was wrong. */
export interface Submission {
  readonly busy: boolean;
  readonly done: string; // what to tell of the last one that succeeded
  readonly problem: Problem | undefined;
  readonly faults: readonly Fault[];
  readonly submit: (event: SubmitEvent<HTMLFormElement>) => void;
}

/**
 * Send forms by `send`, which returns what to tell when it is done. One at a time; a form that
 * was taken is emptied, one that wasn't keeps what was typed, and its first faulty field the focus.
 */
export function useSubmission(send: (form: FormData) => Promise<string>): Submission {
  const [state, setState] = useState<Omit<Submission, "submit">>(IDLE);
  const busy = useRef(false);

  const submit = async (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy.current) return;
    busy.current = true;
    const form = event.currentTarget;
    setState({ ...IDLE, busy: true });
    try {
      refuseUnfit(form);
      setState({ ...IDLE, done: await send(new FormData(form)) });
      form.reset();
    } catch (error) {
      const problem = problemOf(error);
      const faults = problem instanceof Refusal ? problem.faults : [];
      setState({ ...IDLE, problem, faults });
      focusFirst(form, faults);
    } finally {
      busy.current = false;
    }
  };

  return { ...state, submit: (event) => void submit(event) };
}

const IDLE = { busy: false, done: "", problem: undefined, faults: [] };

/** What is missing, or is no address, the browser sees by itself, and says in its own language. */
function refuseUnfit(form: HTMLFormElement): void {
  const unfit = [...form.querySelectorAll("input")].filter(({ validity }) => !validity.valid);
  if (unfit.length === 0) return;
  const faults = unfit.map(({ name, validationMessage }) => ({
    field: name,
    message: validationMessage,
  }));
  throw new Refusal(422, "Nothing was sent: please look at what is marked.", "", faults);
}

function focusFirst(form: HTMLFormElement, faults: readonly Fault[]): void {
  const faulty = new Set(faults.map(({ field }) => field));
  const inputs = [...form.querySelectorAll("input")];
  inputs.find(({ name }) => faulty.has(name))?.focus();
}
