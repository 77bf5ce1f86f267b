// The pages of those who act for the ministry and the DINUM.
import type { Page } from "../../frame/page.ts";
import { html } from "../../html/html.ts";

/** In the order of the menu. */
export const operatorPages: readonly Page[] = [
  {
    path: "/administration",
    audience: "operator",
    show: () => ({ title: "Demandes à traiter", body: html`` }),
  },
];
