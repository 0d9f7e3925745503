// The moment that is shown: a past one by event time, now, or one of the forecast; one for all views.

import { untrack } from "svelte";

import { ProblemError, getTables } from "../api/client";
import { shown } from "../shell/shown.svelte";
import { Cells, FAMILIES, type Change } from "../twin/cells";
import type { LiveTwin } from "../twin/live.svelte";
import { Ahead } from "./ahead.svelte";
import { Asker } from "./asker";
import { questionOf, type ForecastDay } from "./forecast";
import {
  askedPast,
  calendarOf,
  daysAhead,
  firstOf,
  kindOf,
  lastOf,
  periodNow,
  periodOf,
  presentOf,
  roundedPast,
  settled,
  speedFor,
  stepped,
  type Calendar,
  type Kind,
  type Span,
} from "./moments";

/** What the views show. */
export interface Moment {
  kind: Kind;
  /** Event time that it is of, milliseconds; of a forecast the close of a period. */
  time: number;
  /** Moment that ages are told against, milliseconds. */
  against: number;
  cells: Cells;
  /** Whether anything of it has come yet. */
  isKnown: boolean;
  /** Null but for a forecast, and there until it has come. */
  forecast: ForecastDay | null;
}

const TICK_MILLISECONDS = 10_000;
/** What is dragged over is in the address once it rests. */
const SETTLE_MILLISECONDS = 300;
/** A past that something late has changed is read again, but not with every event. */
const DOUBT_MILLISECONDS = 1000;
const NOTHING = new Cells();
const NAMES = Object.entries(FAMILIES).map(([family, { table }]) => ({ family, table }));

export class Times {
  /** Moment that is wanted, milliseconds; null is now. */
  wanted = $state<number | null>(null);
  isPlaying = $state(false);
  /** Milliseconds of the twin in a second of play; null until somebody chooses. */
  speed = $state<number | null>(null);
  /** Why a moment of the past is not shown. */
  fault = $state("");
  /** By the clock of this machine. */
  clock = $state(Date.now());
  readonly ahead = new Ahead();

  private readonly asked = $derived.by(() => {
    if (this.wanted === null) return null;
    // What is played over is asked for in steps; an address is taken at its word.
    return this.isPlaying ? roundedPast(this.wanted, this.span) : askedPast(this.wanted, this.span);
  });
  private past = $state.raw<{ time: number; cells: Cells } | null>(null);
  private readonly live: LiveTwin;
  private followed: number | null = null;
  private settling: ReturnType<typeof setTimeout> | undefined;
  private doubting: ReturnType<typeof setTimeout> | undefined;
  private played = 0;
  private readonly asker: Asker<Cells>;

  readonly calendar: Calendar = $derived.by(() => calendarOf(this.live.network?.start ?? "1970-01-01", this.live.network?.periodHours ?? 24));
  readonly present = $derived.by(() => presentOf(this.clock, this.live.latest, this.calendar.length / 3_600_000));
  readonly span: Span = $derived.by(() => {
    const hours = this.calendar.length / 3_600_000;
    const first = firstOf(this.live.first, this.present);
    // Where nothing has happened there is nothing to forecast from.
    const last = this.live.latest === null ? this.present : lastOf(this.calendar, this.present, daysAhead(hours));
    return { first, present: this.present, last };
  });
  readonly kind: Kind = $derived.by(() => kindOf(this.wanted, this.present));
  readonly moment: Moment = $derived.by(() => {
    if (this.kind === "past") {
      const past = this.past;
      const time = past?.time ?? this.present;
      return { kind: "past", time, against: time, cells: past?.cells ?? NOTHING, isKnown: past !== null, forecast: null };
    }
    if (this.kind === "ahead") {
      const day = this.ahead.day;
      const time = day?.close ?? this.present;
      return { kind: "ahead", time, against: time, cells: NOTHING, isKnown: day !== null, forecast: day };
    }
    void this.live.version;
    return { kind: "now", time: this.present, against: this.clock, cells: this.live.cells, isKnown: true, forecast: null };
  });
  /** Whether what is shown is not yet what is wanted. */
  readonly isWaiting = $derived.by(() => {
    if (this.kind === "now" || this.wanted === null) return false;
    if (this.kind === "past") return !this.fault && this.past?.time !== this.asked;
    return !this.ahead.refusal && this.ahead.day?.period !== periodOf(this.calendar, this.wanted);
  });
  readonly speedNow = $derived.by(() => this.speed ?? speedFor(this.span));

  constructor(live: LiveTwin) {
    this.live = live;
    live.heard = (change) => this.doubt(change);
    this.asker = new Asker<Cells>({
      ask: async (key, signal) => {
        const found = await getTables(NAMES.map(({ table }) => table), Number(key), signal);
        const cells = new Cells();
        for (const { family, table } of NAMES) cells.fill(family, found.tables[table] ?? []);
        return cells;
      },
      tell: (key, cells) => {
        this.fault = "";
        this.past = { time: Number(key), cells };
      },
      fail: (_, error) => (this.fault = error instanceof ProblemError ? error.message : "HTTP"),
    });
  }

  /** Keep the clock; returns what ends it. */
  run(): () => void {
    const ticking = setInterval(() => (this.clock = Date.now()), TICK_MILLISECONDS);
    return () => {
      clearInterval(ticking);
      clearTimeout(this.settling);
      clearTimeout(this.doubting);
      this.asker.stop();
      this.ahead.stop();
    };
  }

  /** Take the moment of an address that came from elsewhere. */
  follow(time: number | null): void {
    if (time === this.followed) return;
    this.followed = time;
    this.isPlaying = false;
    this.wanted = time;
  }

  /** Want a moment; the address has it once it rests. */
  go(time: number | null): void {
    this.wanted = time;
    clearTimeout(this.settling);
    this.settling = setTimeout(() => {
      this.followed = this.wanted;
      shown.go({ time: this.wanted }, true);
    }, SETTLE_MILLISECONDS);
  }

  /** Nobody drags any more: what is wanted is asked for at once. */
  rest(): void {
    const { kind, asked } = this;
    if (kind === "past" && asked !== null) this.asker.want(String(asked), true);
  }

  /** Back to what is so now. */
  now(): void {
    this.isPlaying = false;
    this.go(null);
  }

  step(steps: number): void {
    this.isPlaying = false;
    this.go(stepped(this.wanted, steps, this.span, this.calendar));
  }

  /** Begin to play, from the start where the end is reached; or stop. */
  play(isPlaying: boolean): void {
    this.isPlaying = isPlaying;
    this.played = 0;
    if (!isPlaying) this.go(settled(this.wanted, this.span, this.calendar));
    else if (this.wanted !== null && this.wanted >= this.span.last) this.wanted = this.span.first;
  }

  /** Go on playing by a frame at a time of the page, milliseconds. */
  advance(time: number): void {
    const passed = this.played ? Math.min(time - this.played, 200) : 0;
    this.played = time;
    const next = (this.wanted ?? this.present) + (passed / 1000) * this.speedNow;
    if (next >= this.span.last) {
      this.wanted = this.span.last;
      this.play(false);
    } else this.wanted = next === this.present ? null : next;
  }

  /** Ask for what is wanted and is not there; runs again when that is another one. */
  ask(): void {
    const { kind, asked, wanted, calendar } = this;
    const period = kind === "ahead" && wanted !== null ? periodOf(calendar, wanted) : null;
    const under = periodNow(calendar, this.present);
    if (!this.live.network) return;
    untrack(() => {
      if (kind === "past" && asked !== null) this.asker.want(String(asked));
      else {
        this.asker.stop();
        this.past = null;
        this.fault = "";
      }
      if (period !== null && under <= period) {
        this.foresee();
        this.ahead.want(period);
      } else this.ahead.leave();
    });
  }

  /** Have the forecast that goes on from now. */
  foresee(isAnew = false): void {
    const { live } = this;
    if (!live.network || live.latest === null) return;
    const question = questionOf(this.present, this.clock, live.latest, this.calendar, daysAhead(live.network.periodHours));
    void this.ahead.need(question, this.calendar, isAnew);
  }

  /** What comes late changes the past behind it. */
  private doubt(change: Change): void {
    const isOne = !change.reprojected && (change.entries ?? 1) === 1;
    const from = isOne ? Date.parse(change.occurredAt) : Number.NEGATIVE_INFINITY;
    this.asker.forget((key) => Number(key) >= from);
    if (this.kind !== "past" || this.asked === null || this.asked < from) return;
    this.doubting ??= setTimeout(() => {
      this.doubting = undefined;
      if (this.kind === "past" && this.asked !== null) this.asker.want(String(this.asked));
    }, DOUBT_MILLISECONDS);
  }
}
