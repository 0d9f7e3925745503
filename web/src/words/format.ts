// Words, numbers and dates as people of a language write them. Pure: the language is an argument.

import { en, type Catalogue, type Word } from "./en";
import { zh } from "./zh";

export const LANGUAGES = { en: "English", zh: "中文" } as const;
export type Language = keyof typeof LANGUAGES;

const CATALOGUES: Record<Language, Catalogue> = { en, zh };

/** Return the language to begin with: the first that a browser asks for and we have. */
export function chosenLanguage(asked: readonly string[], kept: string | null): Language {
  if (kept && kept in LANGUAGES) return kept as Language;
  const found = asked.map((name) => name.slice(0, 2).toLowerCase()).find((name) => name in LANGUAGES);
  return (found as Language | undefined) ?? "en";
}

/** How one language writes. */
export class Format {
  private readonly catalogue: Catalogue;
  private readonly plain: Intl.NumberFormat;
  private readonly short: Intl.NumberFormat;
  private readonly digits: Intl.NumberFormat;
  private readonly part: Intl.NumberFormat;
  private readonly rare: Intl.NumberFormat;
  private readonly small: Intl.NumberFormat;
  private readonly fine: Intl.NumberFormat;
  private readonly date: Intl.DateTimeFormat;
  private readonly day: Intl.DateTimeFormat;
  private readonly dayOnly: Intl.DateTimeFormat;
  private readonly hourOnly: Intl.DateTimeFormat;
  private readonly ago: Intl.RelativeTimeFormat;
  private readonly dayAlone: Intl.DateTimeFormat;
  private readonly regions: Intl.DisplayNames;

  constructor(
    readonly language: Language,
    readonly locale: string = language,
  ) {
    this.catalogue = CATALOGUES[language];
    this.plain = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
    this.short = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3, notation: "compact" });
    this.digits = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
    this.part = new Intl.NumberFormat(locale, { style: "percent", maximumFractionDigits: 1 });
    this.rare = new Intl.NumberFormat(locale, { style: "percent", maximumSignificantDigits: 3 });
    this.small = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 });
    this.fine = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    this.date = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
    this.day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });
    this.dayOnly = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
    this.hourOnly = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
    this.dayAlone = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", timeZone: "UTC" });
    this.regions = new Intl.DisplayNames(locale, { type: "region" });
    this.ago = new Intl.RelativeTimeFormat(locale, { numeric: "always", style: "short" });
  }

  /** A word of the catalogue, with what stands in braces filled in. */
  word(name: Word, values: Record<string, string | number> = {}): string {
    return this.catalogue[name].replace(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole));
  }

  /** A word whose name is made from data; undefined where there is none. */
  has(name: string): string | undefined {
    return this.catalogue[name as Word] as string | undefined;
  }

  /** A word of the catalogue whose name is made from data, or the data itself where there is none. */
  named(group: "kind" | "mode" | "level" | "corridor" | "verdict", value: string | null): string {
    const name = `${group}.${value}`;
    return name in this.catalogue ? this.catalogue[name as Word] : (value ?? "–");
  }

  number(value: number): string {
    return Math.abs(value) < 100_000 ? this.plain.format(value) : this.short.format(value);
  }

  /** A number whose first digits count, however small it is. */
  precise(value: number): string {
    return this.digits.format(value);
  }

  /** A score from 0 to 1. */
  score(value: number): string {
    return this.fine.format(value);
  }

  /** A share as parts of a hundred. */
  percent(value: number): string {
    return this.part.format(value);
  }

  /** A probability as parts of a hundred, with as many digits as a small one takes. */
  chance(value: number): string {
    return this.rare.format(value);
  }

  /** A number of a table; one below 1 with three figures, so that it does not read as nothing. */
  figure(value: number): string {
    return Math.abs(value) < 1 ? this.small.format(value) : this.number(value);
  }

  amount(value: number, currency: string): string {
    return `${this.short.format(value)} ${currency}`;
  }

  moment(time: string | number): string {
    return this.date.format(typeof time === "string" ? Date.parse(time) : time);
  }

  dayOf(time: string | number): string {
    return this.day.format(typeof time === "string" ? Date.parse(time) : time);
  }

  /** A day in short: that of a period, or of who looks. */
  dayTick(time: number, isPeriod: boolean): string {
    return isPeriod ? this.dayShort(time) : this.dayOnly.format(time);
  }

  /** A day and hour in short. */
  hourTick(time: number): string {
    return this.hourOnly.format(time);
  }

  /** A day without its year, where room is scarce. */
  dayShort(time: number): string {
    return this.dayAlone.format(time);
  }

  /** The name of a country by its code of two letters. */
  country(code: string): string {
    try {
      return this.regions.of(code) ?? code;
    } catch {
      return code;
    }
  }

  /** How long ago a moment was, in the largest unit that says enough. */
  age(time: string, now: number): string {
    const seconds = (Date.parse(time) - now) / 1000;
    for (const [unit, size] of SPANS) {
      if (Math.abs(seconds) >= size) return this.ago.format(Math.trunc(seconds / size), unit);
    }
    return this.ago.format(Math.trunc(seconds), "second");
  }

  periods(count: number, period: string): string {
    return this.word(`unit.${period}` as Word, { count: this.number(Math.round(count * 10) / 10) });
  }
}

const SPANS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];
