import type { Client } from "../api/client";
import { pathOf, type Trip, type TripEntries } from "../api/drivers";
import { Field } from "./Field";
import { FormCard } from "./FormCard";
import { number } from "./format";
import { instantIn, numberIn, shareIn } from "./entries";
import { useSubmission } from "./useSubmission";

interface Properties {
  readonly client: Client;
  readonly driverId: string;
  readonly stored: () => void;
}

export function TripForm({ client, driverId, stored }: Properties) {
  const path = pathOf(driverId, "/trips");
  const submission = useSubmission(async (form) => {
    const entries: TripEntries = {
      started_at: instantIn(form, "started_at"),
      distance_km: numberIn(form, "distance_km"),
      minutes: numberIn(form, "minutes"),
      harsh_brakes: numberIn(form, "harsh_brakes"),
      night_share: shareIn(form, "night_share"),
    };
    const { score } = await client.post<Trip>(path, entries, "id", "score");
    stored();
    return `Stored: a score of ${number(score)} out of 100.`;
  });
  const numeric = { inputMode: "decimal", required: true, submission } as const;
  return (
    <FormCard title="Add a trip" action="Store the trip" submission={submission}>
      <Field
        name="started_at"
        label="Started"
        type="datetime-local"
        required
        submission={submission}
      />
      <Field name="distance_km" label="Distance in km" {...numeric} />
      <Field name="minutes" label="Minutes" {...numeric} />
      <Field name="harsh_brakes" label="Harsh brakes" defaultValue="0" {...numeric} />
      <Field name="night_share" label="At night, in %" defaultValue="0" {...numeric} />
    </FormCard>
  );
}
