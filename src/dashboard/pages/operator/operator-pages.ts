// The pages of those who act for the ministry and the DINUM.
import type { Page } from "../../frame/page.ts";
import { queuePage } from "./queue-page.ts";

/** In the order of the menu. */
export const operatorPages: readonly Page[] = [queuePage];
