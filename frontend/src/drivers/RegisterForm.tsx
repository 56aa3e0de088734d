import type { Client } from "../api/client";
import { DRIVERS, type Driver, type DriverEntries } from "../api/drivers";
import { Field } from "./Field";
import { FormCard } from "./FormCard";
import { numberIn } from "./entries";
import { useSubmission } from "./useSubmission";

interface Properties {
  readonly client: Client;
  readonly registered: () => void;
}

export function RegisterForm({ client, registered }: Properties) {
  const submission = useSubmission(async (form) => {
    const entries: DriverEntries = {
      name: form.get("name"),
      email: form.get("email"),
      birth_year: numberIn(form, "birth_year"),
      licence_year: numberIn(form, "licence_year"),
    };
    const { name } = await client.post<Driver>(DRIVERS, entries, "id", "name");
    registered();
    return `${name} is registered.`;
  });
  return (
    <FormCard title="Register a driver" action="Register" submission={submission}>
      <Field name="name" label="Name" autoComplete="name" required submission={submission} />
      <Field
        name="email"
        label="Email"
        type="email"
        autoComplete="email"
        required
        submission={submission}
      />
      <Field
        name="birth_year"
        label="Year of birth"
        inputMode="numeric"
        autoComplete="bday-year"
        required
        submission={submission}
      />
      <Field
        name="licence_year"
        label="Licence since"
        hint="The year, if you know it."
        inputMode="numeric"
        submission={submission}
      />
    </FormCard>
  );
}
