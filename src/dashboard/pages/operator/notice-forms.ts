// Fields that incidents, changes and maintenances share.
import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";
import { fromParisTime } from "../../../paris-clock.ts";
import type { Form } from "../../frame/form.ts";
import { areaField, checkboxes, textField } from "../../html/fields.ts";
import type { FormScope } from "../../html/form-scope.ts";
import type { Html } from "../../html/html.ts";
import { partWords } from "../../html/notice-words.ts";
import { choicesOf } from "./operator-forms.ts";

export const noticesPath = "/administration/annonces";

export function titleField(scope: FormScope): Html {
  return textField(scope, { name: "title", label: "Titre", required: true, maxLength: 150 });
}

/** A text that partners and, on the page of the service's status, everybody read. */
export function publicText(scope: FormScope, name: string, label: string): Html {
  return areaField(scope, {
    name,
    label,
    hint: "Public, et envoyé aux partenaires par courriel.",
    required: true,
    maxLength: 4000,
    rows: 5,
  });
}

export function partsField(scope: FormScope): Html {
  return checkboxes(scope, {
    name: "parts",
    label: "Parties concernées",
    hint: "Une au moins.",
    required: true,
    choices: choicesOf(partWords),
  });
}

/** An instant, to the minute, as clocks in Paris show it. */
export function timeField(scope: FormScope, name: string, label: string, required = true): Html {
  const hint = "Heure de Paris.";
  return textField(scope, { name, label, hint, type: "datetime-local", required });
}

/** The instant that such a field names; undefined when it names none, which the contract's rules then refuse. */
export function readTime(form: Form, name: string): Timestamp | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::\d\d)?$/.exec(form.text(name));
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = match.slice(1).map(Number);
  return timestampFromMs(fromParisTime({ year, month, day, hour, minute, second: 0 }));
}
