// Every page of the dashboard.
import type { Page } from "./frame/page.ts";
import { operatorPages } from "./pages/operator/operator-pages.ts";
import { overviewPage } from "./pages/partner/overview-page.ts";
import { documentationPage } from "./pages/public/documentation-page.ts";
import { homePage } from "./pages/public/home-page.ts";
import { informationPages } from "./pages/public/information-pages.ts";
import { accountPage } from "./pages/sign-in/account-page.ts";
import { type LinkPageParts, linkPage } from "./pages/sign-in/link-page.ts";
import { type ProConnectPageParts, proConnectPages } from "./pages/sign-in/proconnect-pages.ts";
import { linkSentPage, type SignInPageParts, signInPage } from "./pages/sign-in/sign-in-page.ts";

/** What pages need beside the services. */
export type PageParts = SignInPageParts & LinkPageParts & ProConnectPageParts;

export function allPages(parts: PageParts): readonly Page[] {
  return [
    homePage,
    documentationPage,
    ...informationPages,
    signInPage(parts),
    linkSentPage,
    linkPage(parts),
    ...proConnectPages(parts),
    accountPage,
    overviewPage,
    ...operatorPages,
  ];
}
