import type { Page } from "../../frame/page.ts";
import { html } from "../../html/html.ts";

export const overviewPage: Page = {
  path: "/tableau-de-bord",
  audience: "contact",
  show: () => ({ title: "Vue d’ensemble", body: html`` }),
};
