// How moments are said: those of the past to the minute, those of a forecast by the period that closes. Pure.

import type { Format } from "../words/format";
import type { Calendar, Kind } from "./moments";

const DAY = 86_400_000;

export function saidTime(format: Format, calendar: Calendar, kind: Kind, time: number): string {
  if (kind !== "ahead" || calendar.length < DAY) return format.moment(time);
  return format.word("time.close", { day: format.dayOf(time - DAY) });
}
