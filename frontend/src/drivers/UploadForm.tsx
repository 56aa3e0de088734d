import type { Client } from "../api/client";
import { pathOf, type Stored } from "../api/drivers";
import type { Fault } from "../api/problem";
import { Field } from "./Field";
import { FormCard } from "./FormCard";
import { number } from "./format";
import { withFile } from "./entries";
import { useSubmission } from "./useSubmission";

const EXAMPLE = `started_at,distance_km,minutes,harsh_brakes,night_share
2026-11-21T07:40:00Z,12.4,18,1,0
2026-11-21T22:05:00+01:00,31,26,0,0.9`;

interface Properties {
  readonly client: Client;
  readonly driverId: string;
  readonly stored: () => void;
}

/** Many trips at once, or none of them: the file is mended first. */
export function UploadForm({ client, driverId, stored }: Properties) {
  const path = pathOf(driverId, "/trips/upload");
  const submission = useSubmission(async (form) => {
    const { stored: count } = await client.post<Stored>(path, await withFile(form), "stored");
    stored();
    return count === 1 ? "Stored 1 trip." : `Stored ${number(count)} trips.`;
  });
  return (
    <FormCard title="Add trips from a file" action="Upload" submission={submission}>
      <Field
        name="file"
        label="CSV file"
        hint="At most 1 MB and 5,000 rows. All of them are stored, or none."
        type="file"
        accept=".csv,text/csv"
        submission={submission}
      />
      <FaultyRows faults={submission.faults.filter(({ row }) => row != null)} />
      <details>
        <summary>What the file looks like</summary>
        <pre tabIndex={0} aria-label="Example of a file">
          {EXAMPLE}
        </pre>
      </details>
    </FormCard>
  );
}

function FaultyRows({ faults }: { faults: readonly Fault[] }) {
  if (faults.length === 0) return null;
  return (
    <ul className="faulty" aria-label="What to mend in the file">
      {faults.map(({ row, field, message }) => (
        <li key={`${row} ${field}`}>
          Row {row}: <code>{field}</code> {message}
        </li>
      ))}
    </ul>
  );
}
