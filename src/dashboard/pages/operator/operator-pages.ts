// The pages of those who act for the ministry and the DINUM.
import type { Page } from "../../frame/page.ts";
import { acceptancesPage } from "./acceptances-page.ts";
import { auditPage } from "./audit-page.ts";
import { availabilityPage } from "./availability-page.ts";
import { operatorBreachPage } from "./breach-page.ts";
import { newBreachPage, operatorBreachesPage } from "./breaches-pages.ts";
import { newChangePage, operatorChangePage } from "./change-pages.ts";
import { operatorContactPage } from "./contact-page.ts";
import { newIncidentPage, operatorIncidentPage } from "./incident-pages.ts";
import { jobsPage } from "./jobs-page.ts";
import { journalCallPage } from "./journal-call-page.ts";
import { journalPage } from "./journal-pages.ts";
import { journalSearchPage } from "./journal-search-page.ts";
import { mailPage } from "./mail-page.ts";
import { mailsPage } from "./mails-page.ts";
import { newMaintenancePage } from "./maintenance-page.ts";
import { operatorNoticesPage } from "./notices-page.ts";
import { partnerPage } from "./partner-page.ts";
import { newPartnerPage, partnersPage } from "./partners-pages.ts";
import { operatorProcedurePage, operatorProceduresPage } from "./procedures-pages.ts";
import { queuePage } from "./queue-page.ts";
import { operatorTokenPage } from "./token-page.ts";

/** In the order of the menu. */
export const operatorPages: readonly Page[] = [
  queuePage,
  partnersPage,
  newPartnerPage,
  partnerPage,
  operatorContactPage,
  operatorTokenPage,
  newBreachPage,
  operatorProceduresPage,
  operatorProcedurePage,
  acceptancesPage,
  operatorBreachesPage,
  operatorBreachPage,
  operatorNoticesPage,
  newIncidentPage,
  operatorIncidentPage,
  newChangePage,
  operatorChangePage,
  newMaintenancePage,
  mailsPage,
  mailPage,
  jobsPage,
  availabilityPage,
  journalPage,
  journalSearchPage,
  journalCallPage,
  auditPage,
];
