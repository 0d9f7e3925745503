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

/** Keep a token that was typed in; an empty one forgets it. */
export function keepToken(token: string, store: Storage = sessionStorage): void {
  if (token) store.setItem(KEPT, token);
  else store.removeItem(KEPT);
}

/** End the session of the browser, if it has one; tell whether it has none now. */
export async function endSession(): Promise<boolean> {
  try {
    const { ok, status } = await fetch("/api/v1/session", { method: "DELETE" });
    // Without one, or with one that is over, there is nothing to end.
    return ok || status === 401 || status === 404;
  } catch {
    return false;
  }
}

/** Headers that every request carries. */
export function credentials(store: Storage = sessionStorage): Record<string, string> {
  const token = store.getItem(KEPT);
  return token ? { Authorization: `Bearer ${token}` } : {};
}
