// The dashboard and what it is given: sessions, sign-in links, ProConnect, and the services as they are served.
import type { ConnectRouter } from "@connectrpc/connect";
import { createAddressLimiter } from "../access/address-limiter.ts";
import type { AdmitPerson } from "../access/admit-person.ts";
import type { Ledger } from "../audit/ledger.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { createDashboard } from "../dashboard/create-dashboard.ts";
import { createServiceCaller } from "../dashboard/frame/service-caller.ts";
import type { MinistryFacts } from "../dashboard/pages/public/information-pages.ts";
import { allPages } from "../dashboard/pages.ts";
import { createProConnect } from "../proconnect/proconnect.ts";
import type { PageRoutes } from "../request/routes.ts";
import type { Sessions } from "../session/session.ts";
import { createSignInLinks } from "../session/sign-in-links.ts";
import type { Database } from "../storage/database.ts";
import type { DashboardMails } from "./dashboard-mails.ts";
import { findCandidates, findPeopleByEmail, nameAccount } from "./find-person.ts";

export interface DashboardRouteParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly sessions: Sessions;
  readonly register: (router: ConnectRouter) => void;
  readonly admitPerson: AdmitPerson;
  readonly mails: DashboardMails;
  /** Where browsers see this service. */
  readonly origin: () => string;
  /** Whether lookups can be answered now. */
  readonly serving: () => boolean;
  readonly report: (cause: unknown) => void;
}

export interface DashboardRoutes {
  readonly pages: PageRoutes;
  /** Sends what people have asked for. */
  close(): Promise<void>;
}

/** Pages of one address: a page with its files is a dozen requests, and an office can share one address. */
const pageLimit = { burst: 300, perSecond: 30, maxKeys: 10_000 };
/** Sign-in links that one address may ask for: ten, and one more each 90 seconds. */
const linkLimit = { burst: 10, perSecond: 1 / 90, maxKeys: 10_000 };

export function createDashboardRoutes(parts: DashboardRouteParts): DashboardRoutes {
  const { config, clock, database, ledger, sessions, origin } = parts;
  const links = createSignInLinks({
    database,
    clock,
    ledger,
    sessions,
    findPeopleByEmail,
    nameAccount,
    send: parts.mails.sendSignInLink,
    report: parts.report,
  });
  const pageLimiter = createAddressLimiter(clock, pageLimit);
  const linkLimiter = createAddressLimiter(clock, linkLimit);
  const pages = createDashboard({
    clock,
    pages: allPages({
      countLink: (address) => linkLimiter.countRefusal(address),
      ask: links.ask,
      signIn: sessions.signIn,
      signOut: sessions.signOut,
      openSession: sessions.openFor,
      proConnect: proConnectOf(config, database),
      serving: parts.serving,
      ministry: ministryOf(config),
    }),
    accessibility: config.ACCESSIBILITY_STATE,
    services: createServiceCaller(parts),
    authenticate: sessions.authenticate,
    countPage: (address) => pageLimiter.countRefusal(address),
    publicOrigin: config.PUBLIC_ORIGIN,
    origin,
    isSecure: origin().startsWith("https:"),
    formTarget: config.PROCONNECT_ISSUER && new URL(config.PROCONNECT_ISSUER).origin,
  });
  return { pages, close: links.close };
}

function ministryOf(config: Config): MinistryFacts {
  return {
    publisher: config.LEGAL_PUBLISHER,
    publicationDirector: config.LEGAL_PUBLICATION_DIRECTOR,
    host: config.LEGAL_HOST,
    dataProtectionOfficer: config.LEGAL_DATA_PROTECTION_OFFICER,
    accessibility: config.ACCESSIBILITY_STATE,
    accessibilityAudit: config.ACCESSIBILITY_AUDIT,
  };
}

function proConnectOf(config: Config, { knex }: Database) {
  const { PROCONNECT_ISSUER, PROCONNECT_CLIENT_ID, PROCONNECT_CLIENT_SECRET } = config;
  if (!PROCONNECT_ISSUER || !PROCONNECT_CLIENT_ID || !PROCONNECT_CLIENT_SECRET) return undefined;
  const settings = {
    issuer: PROCONNECT_ISSUER,
    clientId: PROCONNECT_CLIENT_ID,
    clientSecret: PROCONNECT_CLIENT_SECRET,
    pkce: config.PROCONNECT_PKCE === "on",
    secondFactors: config.PROCONNECT_MFA,
  };
  return createProConnect(settings, (email) =>
    findCandidates(knex, email, config.PROCONNECT_OPERATOR_SIRETS),
  );
}
