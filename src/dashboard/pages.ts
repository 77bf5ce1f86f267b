// Every page of the dashboard.
import type { Page } from "./frame/page.ts";
import { operatorPages } from "./pages/operator/operator-pages.ts";
import { agentsPage } from "./pages/partner/agents-page.ts";
import { breachesPage, breachPage } from "./pages/partner/breach-pages.ts";
import { callPage, callsExportPage, callsPage } from "./pages/partner/calls-pages.ts";
import { contactPage } from "./pages/partner/contact-page.ts";
import { newTokenPage } from "./pages/partner/new-token-page.ts";
import { noticesPage } from "./pages/partner/notices-page.ts";
import { organisationPage } from "./pages/partner/organisation-page.ts";
import { overviewPage } from "./pages/partner/overview-page.ts";
import { procedurePage } from "./pages/partner/procedure-page.ts";
import { newProcedurePage, proceduresPage } from "./pages/partner/procedures-page.ts";
import { prolongPage } from "./pages/partner/prolong-page.ts";
import { registerPage } from "./pages/partner/register-page.ts";
import { ownTermsPage, ownTermsVersionPage } from "./pages/partner/terms-pages.ts";
import { tokenPage } from "./pages/partner/token-page.ts";
import { tokensPage } from "./pages/partner/tokens-page.ts";
import { usagePage } from "./pages/partner/usage-page.ts";
import { documentationPage } from "./pages/public/documentation-page.ts";
import { homePage } from "./pages/public/home-page.ts";
import { informationPages, type MinistryFacts } from "./pages/public/information-pages.ts";
import { incidentPage, type StatusPageParts, statusPage } from "./pages/public/status-pages.ts";
import { termsPage, termsVersionPage } from "./pages/public/terms-page.ts";
import { accountPage } from "./pages/sign-in/account-page.ts";
import { addressPage } from "./pages/sign-in/address-page.ts";
import { type LinkPageParts, linkPage } from "./pages/sign-in/link-page.ts";
import { type ProConnectPageParts, proConnectPages } from "./pages/sign-in/proconnect-pages.ts";
import { linkSentPage, type SignInPageParts, signInPage } from "./pages/sign-in/sign-in-page.ts";

/** What pages need beside the services. */
export type PageParts = SignInPageParts &
  LinkPageParts &
  ProConnectPageParts &
  StatusPageParts & {
    readonly ministry: MinistryFacts;
  };

/** The pages of a partner's contacts. */
const partnerPages: readonly Page[] = [
  overviewPage,
  usagePage,
  callsPage,
  callsExportPage,
  callPage,
  agentsPage,
  noticesPage,
  tokensPage,
  newTokenPage,
  tokenPage,
  prolongPage,
  proceduresPage,
  newProcedurePage,
  procedurePage,
  organisationPage,
  contactPage,
  ownTermsPage,
  ownTermsVersionPage,
  breachesPage,
  breachPage,
  registerPage,
];

export function allPages(parts: PageParts): readonly Page[] {
  return [
    homePage,
    documentationPage,
    statusPage(parts),
    incidentPage,
    termsPage,
    termsVersionPage,
    ...informationPages(parts.ministry),
    signInPage(parts),
    linkSentPage,
    linkPage(parts),
    addressPage,
    ...proConnectPages(parts),
    accountPage(parts),
    ...partnerPages,
    ...operatorPages,
  ];
}
