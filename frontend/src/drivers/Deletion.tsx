import { useEffect, useRef, useState } from "react";

import { problemOf, type Problem } from "../api/problem";

interface Properties {
  readonly name: string;
  readonly remove: () => Promise<void>;
}

/** A button that asks before it deletes. The focus goes to the question, and back. */
export function Deletion({ name, remove }: Properties) {
  const [asking, setAsking] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const button = useFocus(asking);

  const confirm = async () => {
    try {
      await remove();
    } catch (error) {
      setProblem(problemOf(error));
      setAsking(false);
    }
  };

  return (
    <div className="deletion">
      {asking ? (
        <div role="group" aria-label={`Delete ${name}?`} className="question">
          <p>
            Delete <strong>{name}</strong> with all trips? This can't be undone.
          </p>
          <button type="button" className="danger" onClick={() => void confirm()}>
            Delete for good
          </button>
          <button type="button" className="second" ref={button} onClick={() => setAsking(false)}>
            Keep
          </button>
        </div>
      ) : (
        <button type="button" className="second" ref={button} onClick={() => setAsking(true)}>
          Delete driver …
        </button>
      )}
      <div role="alert">{problem && <p className="problem">{problem.message}</p>}</div>
    </div>
  );
}

/** What it returns gets the focus when `asking` changes, but not at first. */
function useFocus(asking: boolean) {
  const button = useRef<HTMLButtonElement>(null);
  const before = useRef(asking);
  useEffect(() => {
    if (before.current !== asking) button.current?.focus();
    before.current = asking;
  }, [asking]);
  return button;
}
