// What the person chose: address, theme, language. The address is the truth; a change of it goes to the history.

import { Format, chosenLanguage, type Language } from "../words/format";
import { readAddress, writeAddress, type Address } from "./address";

export type Theme = "dark" | "light";

class Shown {
  address = $state.raw<Address>(readAddress(location.hash));
  theme = $state<Theme>(chosenTheme());
  language = $state<Language>(chosenLanguage(navigator.languages, localStorage.getItem("chaintwin.language")));
  format = $derived(new Format(this.language, localeOf(this.language)));

  constructor() {
    addEventListener("hashchange", () => {
      this.address = readAddress(location.hash);
    });
  }

  /** Change parts of the address; what is only looked at from elsewhere makes no entry in the history. */
  go(change: Partial<Address>, isSlight = false): void {
    const next = { ...this.address, ...change };
    const hash = writeAddress(next);
    this.address = next;
    if (hash === location.hash) return;
    if (isSlight) history.replaceState(null, "", hash);
    else history.pushState(null, "", hash);
  }

  /** Go where a link leads, unless it is to be opened in a tab or window of its own. */
  follow(event: MouseEvent, change: Partial<Address>): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    this.go(change);
  }

  setTheme(theme: Theme): void {
    this.theme = theme;
    localStorage.setItem("chaintwin.theme", theme);
  }

  setLanguage(language: Language): void {
    this.language = language;
    localStorage.setItem("chaintwin.language", language);
  }
}

function chosenTheme(): Theme {
  const kept = localStorage.getItem("chaintwin.theme");
  if (kept === "dark" || kept === "light") return kept;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

function localeOf(language: Language): string {
  return navigator.languages.find((name) => name.toLowerCase().startsWith(language)) ?? language;
}

export const shown = new Shown();
