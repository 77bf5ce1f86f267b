import { type Job, JobOutcome, JobService } from "../../../gen/statutetudiant/job/v1/job_pb.ts";
import type { Page, Visit } from "../../frame/page.ts";
import { badge, section } from "../../html/blocks.ts";
import { timeTag } from "../../html/dates.ts";
import { selectField } from "../../html/fields.ts";
import { type Html, html } from "../../html/html.ts";
import { describeRecurrence, jobWords } from "../../html/job-words.ts";
import { table } from "../../html/table.ts";
import { actAndReturn, mayAct, reasonForm } from "./operator-forms.ts";

/** What the service does by itself: when, how the last runs ended, and running one before its time. */
export const jobsPage: Page = {
  path: "/administration/traitements",
  audience: "operator",
  async show(visit) {
    const { jobs } = await visit.call(JobService.method.listJobs, {});
    return {
      title: "Traitements",
      body: html`<p class="tableau-texte">Ce que le service fait de lui-même, une seule fois pour toutes ses instances. Un traitement en échec est repris seul, après une minute, puis deux fois plus tard à chaque nouvel échec.</p>
${table({
  caption: "Traitements",
  hidesCaption: true,
  columns: [
    { head: "Traitement", cell: nameCell },
    { head: "Quand", cell: ({ recurrence }) => describeRecurrence(recurrence) },
    { head: "Prochaine exécution", cell: ({ dueTime }) => timeTag(dueTime) },
    { head: "Dernière exécution", cell: ({ lastFinishTime }) => timeTag(lastFinishTime) },
    { head: "Issue", cell: outcomeCell },
    { head: "Échecs de suite", cell: ({ failures }) => failures, isNumber: true },
  ],
  rows: jobs,
  empty: "Aucun traitement n’est prévu.",
})}
${mayAct(visit, "administrator") && jobs.length > 0 && section("Lancer un traitement", runForm(visit, jobs))}`,
    };
  },
  actions: {
    run: actAndReturn(
      "Le traitement est demandé : une instance le prend dans les secondes qui viennent.",
      (visit, form) =>
        visit.call(JobService.method.runJob, {
          requestId: form.text("request_id"),
          name: form.text("name"),
          reason: form.text("reason"),
        }),
    ),
  },
};

function labelOf({ name }: Job): string {
  return jobWords[name]?.label ?? name;
}

function nameCell(job: Job): Html {
  return html`${labelOf(job)}<br><span class="tableau-note">${jobWords[job.name]?.purpose ?? job.description}</span>`;
}

function outcomeCell({ running, lastOutcome, lastError }: Job): Html {
  const isFailed = lastOutcome === JobOutcome.FAILED;
  const last = isFailed
    ? html`${badge("En échec", "error")} <code class="tableau-mot">${lastError}</code>`
    : lastOutcome === JobOutcome.DONE && badge("Fait", "success");
  return html`${running && badge("En cours", "info")}${last || (!running && "Jamais exécuté")}`;
}

function runForm(visit: Visit, jobs: readonly Job[]): Html {
  const choices = jobs.map((job) => ({ value: job.name, label: labelOf(job) }));
  return reasonForm(visit, {
    action: "run",
    submit: "Lancer",
    before: (scope) => selectField(scope, { name: "name", label: "Traitement", required: true, choices }),
  });
}
