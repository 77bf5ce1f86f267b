// docs/administration.md: states and roles come from the code and the contracts, the words around them stand here.
import { type DescMethod, type DescService, getOption, hasOption } from "@bufbuild/protobuf";
import { contactRoles, nameOf, operatorRoles } from "../../src/access/person.ts";
import { breachWays } from "../../src/breach/breach-states.ts";
import { http } from "../../src/gen/google/api/annotations_pb.ts";
import { AuditService } from "../../src/gen/statutetudiant/audit/v1/audit_pb.ts";
import { BreachService } from "../../src/gen/statutetudiant/breach/v1/breach_pb.ts";
import { JobService } from "../../src/gen/statutetudiant/job/v1/job_pb.ts";
import { JournalService } from "../../src/gen/statutetudiant/journal/v1/journal_pb.ts";
import { MailService } from "../../src/gen/statutetudiant/mail/v1/mail_pb.ts";
import { OperatorService } from "../../src/gen/statutetudiant/operator/v1/operator_pb.ts";
import { ContactService } from "../../src/gen/statutetudiant/partner/v1/contact_pb.ts";
import { PartnerService } from "../../src/gen/statutetudiant/partner/v1/partner_pb.ts";
import { access } from "../../src/gen/statutetudiant/rules/v1/access_pb.ts";
import { TermsService } from "../../src/gen/statutetudiant/terms/v1/terms_pb.ts";
import { partnerWays } from "../../src/partner/partner-states.ts";

const services = [
  ...[PartnerService, ContactService, TermsService, BreachService, OperatorService, AuditService],
  ...[JournalService, JobService, MailService],
];

/** The lines of the document. `table` writes rows as Markdown. */
export function administrationDocument(
  table: (head: readonly string[], rows: readonly (readonly string[])[]) => string[],
): string[] {
  return [
    "# Administration: partners, contacts, terms, breaches, operators, audit",
    "",
    "People administer the service through gRPC, gRPC-Web, Connect and REST, with a session of their own",
    "(`SessionService`), and whoever sits at the service's machine through `statut`. Both call the same use cases, and",
    "every change is one transaction of the ledger ([decision 8](decisions/0008-ledger.md)): who, when, why, what was",
    "there before and what is there now.",
    "",
    "- A **write** carries a `request_id`: repeated, it answers the same again and does nothing. `validate_only` tries",
    "  everything and keeps nothing; the command line does so until `--apply`.",
    "- An **edit** carries the `etag` that was read: another revision is refused with `EDIT_CONFLICT`, and nothing is lost.",
    "- A **list** has `page_size`, `page_token`, `order_by` and filters. Rows that come meanwhile repeat or hide no others.",
    "- A **contact** reaches what is of its own partner. Everything else is `RECORD_NOT_FOUND`, whether it exists or not.",
    "- A **decision** about a partner says for which body it is taken, the ministry or the DINUM (terms, article 5): that of",
    "  the operator (`BODY_NOT_YOURS` otherwise); at the terminal `--body` says it.",
    "",
    "## The states of a partner",
    "",
    ...diagram(partnerWays, "requested", "register"),
    "",
    "Each way that is not drawn is refused with an error of its own, `PARTNER_<VERB>_<STATE>`. Activation demands verified",
    "eligibility, declared access to FranceConnect, acceptance of the version of the terms in force, a technical and an",
    "administrative contact. What is missing is named all at once in the metadata of `ACTIVATION_INCOMPLETE`, and stands in",
    "`Partner.missing` before anybody tries. A change of legal category or text voids the verification. An active or",
    "suspended partner keeps a technical and an administrative contact. Suspension and termination take effect on every",
    "instance within one second ([decision 6](decisions/0006-access-directory.md)).",
    "",
    "## The address of a contact",
    "",
    "Whoever reads mail at a contact's address can sign in as that contact. A new address therefore waits in",
    "`Contact.pending_email` until `ConfirmContactEmail` gets the code that was sent to it, whoever asked for it: the contact,",
    "an administrative one, an operator or the command line. The code holds for 24 hours and until another address is",
    "asked for; giving the present address calls it off. The present address is told when it is asked for. With the new one",
    "in force, the contact's sessions and unused sign-in links end. A partner's contacts are given 20 addresses a day at most.",
    "",
    "## Terms",
    "",
    "A version has a text (Markdown), a first day in force and a mark for major changes. It never changes: triggers refuse",
    "it. An administrative contact accepts the version in force or one to come, and sends the SHA-256 of the text that was",
    "read; version, text, person and instant are kept. The demonstration publishes",
    "[a version of our own words](../db/seeds/terms-2026-11.md).",
    "",
    "## The states of a breach",
    "",
    ...diagram(breachWays, "recorded", "record"),
    "",
    "A serious or persistent breach suspends at once; an ordinary one after the last day of a notice, which counts whole, in",
    "Europe/Paris. A new notice gives a later day. Contacts see a breach once they were told, with notices, answers and",
    "decisions; descriptions, notes and assessments stay among operators, in the audit log too. Reinstating the partner is",
    "a decision of its own. `statut breach list --overdue` shows the deadlines that passed.",
    "",
    "## Who may call what",
    "",
    "The contracts say it (`option (statutetudiant.rules.v1.access)`) and one place enforces it; `test/administration/`",
    "calls every method as everybody. An operator may do what the roles below may. A partner's token opens none of these.",
    "",
    ...services.flatMap((service) => [
      `### ${service.name}`,
      "",
      ...table(["Method", "Route", "Operators", "Contacts"], service.methods.map(methodRow)),
      "",
    ]),
    "Nobody changes their own account, and one administrator remains (`OWN_ACCOUNT`, `LAST_ADMINISTRATOR`). Disabling an",
    "account or removing a contact ends its sessions in the same transaction.",
    "",
    "## The audit log",
    "",
    "Events are numbered without gaps, and each hashes onto the one before it. Triggers refuse edits; whoever gets around",
    "them is found by `statut audit verify`. It prints the hash of the last event: kept elsewhere, it tells whether the end",
    "was cut off. Contacts read the events of their own partner, without the addresses and numbers of other people.",
    "",
    "## Who consulted a student's data",
    "",
    "`SearchCalls` finds the lines of the journal by INE, by caller or by request identifier, and opens of each the agent",
    "and what was found; address and parameters stay sealed. It demands a reason and is refused when the reason holds an",
    "INE. Before it answers, the audit log has an event `journal.search` whose subject is the student's blind index: the",
    "keyed hash that the journal searches by, which leads back to nobody without `JOURNAL_KEYS`. The fingerprint that",
    "recognises a repeated request is made of that index too. Each page is an event of its own, and the search's line of",
    "the journal bears the index, so that the next search tells of this one.",
    "",
    "`OpenCall` opens the rest of one call: address, parameters, agent and INE. It demands a reason too, leaves an event",
    "`journal.open` whose subject is the call, with the blind index of the student beside it, and is found by later searches",
    "about that student. A reason that holds the INE is refused after the event, which then lacks the reason: the refusal",
    "tells whose call it is.",
    "",
    "At the terminal, `statut journal search` with a reason leaves the same event before it prints anything, with the account",
    "of whoever sits there and the number of lines, beside its own line of the journal.",
  ];
}

type Ways = Readonly<Record<string, Readonly<Record<string, object>>>>;

function diagram(ways: Ways, first: string, verb: string): string[] {
  const arrows = Object.entries(ways).flatMap(([name, fromStates]) =>
    Object.entries(fromStates).flatMap(([from, way]) => {
      const to = (way as { readonly to?: string }).to;
      return to === undefined || to === from ? [] : [`  ${from} --> ${to}: ${name}`];
    }),
  );
  return ["```mermaid", "stateDiagram-v2", `  [*] --> ${first}: ${verb}`, ...arrows, "```"];
}

function methodRow(method: DescService["methods"][number]): string[] {
  const { anyone, operatorsFrom, contacts } = getOption(method, access);
  if (anyone) return [`\`${method.name}\``, routeOf(method), "anybody, without a session", ""];
  const operators = nameOf(operatorRoles, operatorsFrom);
  const roles = contacts.map((role) => nameOf(contactRoles, role)?.replace("_", " ") ?? "");
  const all = roles.length === Object.keys(contactRoles).length;
  return [
    `\`${method.name}\``,
    routeOf(method),
    operators === undefined ? "—" : `from ${operators}`,
    roles.length === 0 ? "—" : all ? "all" : roles.join(", "),
  ];
}

function routeOf(method: DescMethod): string {
  if (!hasOption(method, http)) return "";
  const { pattern } = getOption(method, http);
  if (pattern.case === undefined || pattern.case === "custom") return "";
  return `\`${pattern.case.toUpperCase()} ${pattern.value}\``;
}
