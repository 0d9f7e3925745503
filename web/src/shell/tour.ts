// The steps of the tour: where each leads and which words it says. Pure.

import type { Word } from "../words/en";
import type { View } from "./address";

export interface Step {
  view: View;
  title: Word;
  what: Word;
}

export const STEPS: readonly Step[] = [
  { view: "map", title: "tour.map", what: "tour.map.what" },
  { view: "map", title: "tour.ahead", what: "tour.ahead.what" },
  { view: "sites", title: "tour.sites", what: "tour.sites.what" },
  { view: "lab", title: "tour.lab", what: "tour.lab.what" },
  { view: "risk", title: "tour.risk", what: "tour.risk.what" },
  { view: "service", title: "tour.service", what: "tour.service.what" },
  { view: "twin", title: "tour.twin", what: "tour.twin.what" },
];

/** Whether somebody is asked to take the tour: once, on the first visit. */
export function isInvited(kept: string | null): boolean {
  return kept === null;
}
