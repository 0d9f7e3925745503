// Every state a person can see has a name in the address. Pure: text to an address and back.

export const VIEWS = ["map", "sites", "lab", "risk", "service", "twin", "model"] as const;
/** Views that are reached from others. */
export const INNER_VIEWS = ["site", "products", "product"] as const;
export type View = (typeof VIEWS)[number] | (typeof INNER_VIEWS)[number];

/** The view of the list that a view belongs to. */
export function partOf(view: View): (typeof VIEWS)[number] {
  return VIEWS.find((one) => one === view) ?? "sites";
}

export interface Address {
  view: View;
  site: string | null;
  product: string | null;
  owner: string | null;
  tier: number | null;
  mode: string | null;
  /** Job that imported the network that is shown instead of that of the project. */
  network: string | null;
  /** What is tried in the lab, as ``lab/plan.ts`` writes it. */
  lab: string | null;
  /** What the exceedance curve is of, as ``board/annual.ts`` writes it. */
  loss: string | null;
  /** What is out of which the ripple is followed, as ``board/ripple.ts`` writes it. */
  out: string | null;
  /** Longitude and latitude of the middle of the map, and how many times it is enlarged; null shows all. */
  at: [number, number, number] | null;
  /** Moment that is shown, milliseconds since 1970; null is now. */
  time: number | null;
}

export const START: Address = {
  view: "map",
  site: null,
  product: null,
  owner: null,
  tier: null,
  mode: null,
  network: null,
  lab: null,
  loss: null,
  out: null,
  at: null,
  time: null,
};

/** Read an address; what it does not hold, or holds wrongly, is as at the start. */
export function readAddress(hash: string): Address {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const given = new URLSearchParams(query);
  const tier = given.get("tier");
  const numbers = (given.get("at") ?? "").split(",").map(Number);
  const [longitude, latitude, zoom] = numbers;
  const isPlace =
    numbers.length === 3 && numbers.every(Number.isFinite) && Math.abs(longitude ?? 0) <= 540 && Math.abs(latitude ?? 91) <= 90;
  return {
    view: [...VIEWS, ...INNER_VIEWS].find((view) => view === path) ?? START.view,
    site: given.get("site"),
    product: given.get("product"),
    owner: given.get("owner"),
    tier: tier !== null && /^\d{1,3}$/.test(tier) ? Number(tier) : null,
    mode: given.get("mode"),
    network: given.get("network"),
    lab: given.get("lab"),
    loss: given.get("loss"),
    out: given.get("out"),
    at: isPlace ? [longitude as number, latitude as number, Math.min(Math.max(zoom as number, 1), 200)] : null,
    time: timeIn(given.get("time")),
  };
}

function timeIn(text: string | null): number | null {
  const time = text !== null && /^\d{4}-\d\d-\d\dT\d\d:\d\dZ$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? null : time;
}

/** Write an address; what is as at the start is left out. */
export function writeAddress(address: Address): string {
  const query = new URLSearchParams();
  for (const name of ["site", "product", "owner", "tier", "mode", "network", "lab", "loss", "out"] as const) {
    const value = address[name];
    if (value !== null) query.set(name, String(value));
  }
  if (address.at) query.set("at", address.at.map((value) => String(Math.round(value * 100) / 100)).join(","));
  if (address.time !== null) query.set("time", `${new Date(address.time).toISOString().slice(0, 16)}Z`);
  const text = query.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return `#/${address.view}${text ? `?${text}` : ""}`;
}
