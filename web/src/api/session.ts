// How the page shows who asks. It takes the token from the fragment of the address, which no server is ever sent, and keeps it
// for this tab only. What signs in another way replaces this module.

const KEPT = "chaintwin.token";

/** Take a token out of the address, so that it is neither seen nor kept in the history. */
export function takeToken(location: Location, history: History, store: Storage): void {
  const given = new URLSearchParams(location.hash.replace(/^#\/?/, "")).get("token");
  if (given) {
    store.setItem(KEPT, given);
    history.replaceState(null, "", `${location.pathname}${location.search}#/map`);
  }
}

/** Keep a token that was typed in; an empty one signs out. */
export function keepToken(token: string, store: Storage = sessionStorage): void {
  if (token) store.setItem(KEPT, token);
  else store.removeItem(KEPT);
}

/** Headers that every request carries. */
export function credentials(store: Storage = sessionStorage): Record<string, string> {
  const token = store.getItem(KEPT);
  return token ? { Authorization: `Bearer ${token}` } : {};
}
