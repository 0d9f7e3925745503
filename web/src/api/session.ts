// How the page shows who asks. Who came by the sign-in link has a session, whose cookie the browser sends by itself and no script
// reads. A token may stand in the fragment of the address too, which no server is ever sent; it is kept for this tab only.

const KEPT = "chaintwin.token";

/** Take a token out of the address, so that it is neither seen nor kept in the history. */
export function takeToken(location: Location, history: History, store: Storage): void {
  const given = new URLSearchParams(location.hash.replace(/^#\/?/, "")).get("token");
  if (given) {
    store.setItem(KEPT, given);
    history.replaceState(null, "", `${location.pathname}${location.search}#/map`);
  }
}

/** Keep a token that was typed in; an empty one forgets it. Tells whether there was one before. */
export function keepToken(token: string, store: Storage = sessionStorage): boolean {
  const before = store.getItem(KEPT);
  if (token) store.setItem(KEPT, token);
  else store.removeItem(KEPT);
  return before !== null;
}

/** End the session of the browser, if it has one. */
export async function endSession(): Promise<void> {
  await fetch("/api/v1/session", { method: "DELETE" });
}

/** Headers that every request carries. */
export function credentials(store: Storage = sessionStorage): Record<string, string> {
  const token = store.getItem(KEPT);
  return token ? { Authorization: `Bearer ${token}` } : {};
}
