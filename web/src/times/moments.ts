// Moments that can be shown: what the twin knows of the past, now, and the periods ahead. Pure.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type Kind = "past" | "now" | "ahead";

/** First event, now, and the end of what is forecast; milliseconds since 1970 in UTC. */
export interface Span {
  first: number | null;
  present: number;
  last: number;
}

/** Periods of a network: where they begin to be counted, and how long each is, milliseconds. */
export interface Calendar {
  origin: number;
  length: number;
}

export interface Tick {
  share: number;
  /** Moment, or for a period ahead its close. */
  time: number;
  isDay: boolean;
}

/** Milliseconds of the twin that pass in a second of play. */
export const SPEEDS = [HOUR, 6 * HOUR, DAY, 7 * DAY] as const;
/** Room that the name of a tick takes, pixels. */
const ROOM = 92;
/** Who lets go so near to now means now, share of the bar. */
const NEAR = 0.008;
const NICE = [MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 364 * DAY];
const PERIODS = [1, 2, 3, 7, 14, 28, 91, 364];

/** The moment that the present state is of: now, or the latest event where it lies ahead of the clock, or a period and more behind it. */
export function presentOf(clock: number, latest: string | null, periodHours: number): number {
  const last = latest === null ? Number.NaN : momentOf(latest);
  if (Number.isNaN(last)) return clock;
  return last > clock || clock - last >= periodHours * HOUR ? last : clock;
}

/** Milliseconds of a moment that the server told, those that have begun. Its last events of a period lie a microsecond before the next. */
export function momentOf(text: string): number {
  return Date.parse(text) + (/\.\d{3}\d*[1-9]/.test(text) ? 1 : 0);
}

/** The first moment of the past that can be shown: the whole minute from which on something is known. */
export function firstOf(first: string | null, present: number): number | null {
  const time = first === null ? Number.NaN : Math.ceil(Date.parse(first) / MINUTE) * MINUTE;
  return time < present ? time : null;
}

/** Days that a forecast goes ahead. */
export function daysAhead(periodHours: number): number {
  return periodHours < 24 ? 7 : periodHours < 168 ? 30 : 182;
}

export function calendarOf(start: string, periodHours: number): Calendar {
  return { origin: Date.parse(`${start}T00:00:00Z`), length: periodHours * HOUR };
}

/** The period that a moment of the future belongs to: the one that closes then, or next. */
export function periodOf({ origin, length }: Calendar, time: number): number {
  return Math.ceil((time - origin) / length) - 1;
}

export function closeOf({ origin, length }: Calendar, period: number): number {
  return origin + (period + 1) * length;
}

/** Moment that a period is called by: days and weeks by their first, hours by their close. */
export function nameTime(calendar: Calendar, period: number): number {
  return calendar.length < DAY ? closeOf(calendar, period) : closeOf(calendar, period - 1);
}

/** The period that is under way. */
export function periodNow(calendar: Calendar, present: number): number {
  return periodOf(calendar, present + 1);
}

/** The close of the last period of a forecast that begins now. */
export function lastOf(calendar: Calendar, present: number, days: number): number {
  const periods = Math.max(1, Math.round((days * DAY) / calendar.length));
  return closeOf(calendar, periodNow(calendar, present) + periods - 1);
}

export function kindOf(time: number | null, present: number): Kind {
  return time === null ? "now" : time > present ? "ahead" : "past";
}

/** Where moments are on the bar. Past and future each have a fair part of it, however long they are. */
export class Scale {
  readonly presentShare: number;

  constructor(readonly span: Span) {
    const before = span.first === null ? 0 : span.present - span.first;
    const after = Math.max(span.last - span.present, 0);
    if (!before || !after) this.presentShare = before ? 1 : 0;
    else this.presentShare = Math.min(Math.max(before / (before + after), 0.35), 0.72);
  }

  placeOf(time: number): number {
    const { first, present, last } = this.span;
    if (time <= present) {
      if (first === null || present <= first) return this.presentShare;
      return this.presentShare * Math.min(Math.max((time - first) / (present - first), 0), 1);
    }
    return this.presentShare + (1 - this.presentShare) * Math.min((time - present) / Math.max(last - present, 1), 1);
  }

  timeAt(share: number): number {
    const { first, present, last } = this.span;
    if (share < this.presentShare) return first === null ? present : first + ((present - first) * Math.max(share, 0)) / this.presentShare;
    if (this.presentShare >= 1) return present;
    return present + ((last - present) * (Math.min(share, 1) - this.presentShare)) / (1 - this.presentShare);
  }
}

/** A moment as it is asked for: a whole minute of what is known. */
export function askedPast(time: number, span: Span): number {
  return Math.max(Math.floor(time / MINUTE) * MINUTE, span.first ?? time);
}

/** Round a moment of the past to what can be told apart on a screen, so that the same question is not asked in a thousand ways. */
export function roundedPast(time: number, span: Span): number {
  const first = span.first ?? span.present;
  const grain = niceAbove((span.present - first) / 1000);
  return Math.min(Math.max(Math.round(time / grain) * grain, first), span.present);
}

/** The moment that is meant at a place of the bar; null is now. */
export function momentAt(share: number, scale: Scale, calendar: Calendar): number | null {
  const { span } = scale;
  if (Math.abs(share - scale.presentShare) < NEAR) return null;
  const time = scale.timeAt(share);
  return settled(time, span, calendar);
}

/** A moment as it can be shown: a rounded one of the past, the close of a period ahead; null is now. */
export function settled(time: number | null, span: Span, calendar: Calendar): number | null {
  if (time === null || time === span.present) return null;
  if (time > span.present) return Math.min(closeOf(calendar, periodOf(calendar, time)), span.last);
  const past = roundedPast(time, span);
  return past >= span.present ? null : past;
}

/** The moment so many steps later or earlier: steps of the past are nice spans, those ahead are periods. */
export function stepped(time: number | null, steps: number, span: Span, calendar: Calendar): number | null {
  const grain = niceAbove((span.present - (span.first ?? span.present)) / 60);
  let at = time;
  for (let step = 0; step < Math.abs(steps); step++) at = steps > 0 ? later(at, grain, span, calendar) : earlier(at, grain, span, calendar);
  return at;
}

/** Moments that are named below the past, in the zone of who looks. */
export function pastTicks(scale: Scale, width: number, zone: (time: number) => number = zoneOf): Tick[] {
  const { first, present } = scale.span;
  const pixels = width * scale.presentShare;
  if (first === null || pixels < ROOM) return [];
  const step = NICE.find((one) => one >= ((present - first) * ROOM) / pixels) ?? niceAbove(((present - first) * ROOM) / pixels);
  const found: Tick[] = [];
  const shift = zone(first);
  for (let wall = Math.ceil((first + shift) / step) * step; ; wall += step) {
    // The clock on the wall may have been changed since.
    const time = wall - zone(wall - shift);
    if (time >= present) break;
    const share = scale.placeOf(time);
    const isClear = share * width > ROOM / 2 && pixels - share * width > ROOM * 0.75;
    if (isClear) found.push({ share, time, isDay: step >= DAY });
  }
  return found;
}

/** Periods that are named below the future, by their close. */
export function aheadTicks(scale: Scale, width: number, calendar: Calendar): Tick[] {
  const { present, last } = scale.span;
  const pixels = width * (1 - scale.presentShare);
  if (last <= present || pixels < ROOM) return [];
  const room = ((last - present) * ROOM) / pixels / calendar.length;
  const step = PERIODS.find((one) => one >= room) ?? Math.ceil(room);
  const found: Tick[] = [];
  const period = periodNow(calendar, present);
  for (let place = step - 1; closeOf(calendar, period + place) <= last; place += step) {
    const time = closeOf(calendar, period + place);
    const share = scale.placeOf(time);
    const isClear = (share - scale.presentShare) * width > ROOM * 0.75 && (1 - share) * width > ROOM / 3;
    if (isClear) found.push({ share, time, isDay: calendar.length >= DAY });
  }
  return found;
}

/** The speed at which all that can be shown passes within a minute. */
export function speedFor(span: Span): number {
  const whole = span.last - (span.first ?? span.present);
  return SPEEDS.find((speed) => whole / speed <= 60) ?? (SPEEDS.at(-1) as number);
}

function later(time: number | null, grain: number, span: Span, calendar: Calendar): number | null {
  if (time === null || time >= span.present) {
    const next = closeOf(calendar, periodNow(calendar, time ?? span.present));
    return next > span.last ? time : next;
  }
  const next = (Math.floor(time / grain) + 1) * grain;
  return next >= span.present ? null : next;
}

function earlier(time: number | null, grain: number, span: Span, calendar: Calendar): number | null {
  if (time !== null && time > span.present) {
    const before = closeOf(calendar, periodOf(calendar, time) - 1);
    return before > span.present ? before : null;
  }
  if (span.first === null) return time;
  return Math.max((Math.ceil((time ?? span.present) / grain) - 1) * grain, span.first);
}

function niceAbove(size: number): number {
  return NICE.find((one) => one >= size) ?? Math.ceil(size / DAY) * DAY;
}

function zoneOf(time: number): number {
  return -new Date(time).getTimezoneOffset() * MINUTE;
}
