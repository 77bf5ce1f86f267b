/** How far the pages keep the RGAA, as an audit found; `none` also without one. */
export type AccessibilityState = "none" | "partial" | "full";

/** The three words that the law has for it (decree n° 2019-768, article 7), which every page shows in its footer. */
export const accessibilityWords: Readonly<Record<AccessibilityState, string>> = {
  none: "non conforme",
  partial: "partiellement conforme",
  full: "totalement conforme",
};
