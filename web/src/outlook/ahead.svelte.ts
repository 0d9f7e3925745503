// What the server expects to run short. It is small and has a tag, so it is asked for anew every few seconds.

import { get, type Schemas } from "../api/client";
import { Asked } from "../api/asked.svelte";

export type Outlook = Schemas["Outlook"];

const ASK_MILLISECONDS = 4000;

/** The outlook of the server while it is run; what was heard last stays where an answer fails, for contact is told elsewhere. */
export function ahead(): Asked<Outlook> {
  return new Asked((signal) => get<Outlook>("/api/v1/outlook", {}, signal), ASK_MILLISECONDS);
}
