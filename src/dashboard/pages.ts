// Every page of the dashboard.

import type { Sessions } from "../session/session.ts";
import type { Page } from "./frame/page.ts";
import { homePage } from "./pages/public/home-page.ts";

/** What pages need beside the services. */
export interface PageParts {
  readonly sessions: Sessions;
}

export function allPages(_parts: PageParts): readonly Page[] {
  return [homePage];
}
