// What a product is made of, and what it goes into, as trees. Pure.

import type { Network } from "../api/client";

type Recipe = Network["recipes"][number];

/** One way in which something is made, at all sites that make it in the same way. */
export interface Way {
  sites: string[];
  /** Good units of each that is begun, least and most over the sites. */
  good: [number, number];
  parts: Node[];
}

/** A product in a tree. */
export interface Node {
  product: string;
  /** Units of it for one unit of what it goes into; of the root, one. */
  quantity: number;
  ways: Way[];
  /** Sites that buy it. */
  bought: string[];
  /** Whether it stands above itself already, where the tree ends. */
  isAgain: boolean;
}

/** A product that another one goes into. */
export interface Use {
  product: string;
  /** Units that go into one unit of it. */
  quantity: number;
  sites: string[];
  uses: Use[];
  isAgain: boolean;
}

/** Deeper trees than this are cut; no bill of materials is so deep, but a circle could be. */
const DEPTH_MOST = 24;

/** Return what a product is made of, down to what is bought. */
export function madeOf(network: Network, product: string): Node {
  const byProduct = grouped(network.recipes, ({ product: made }) => made);
  const bought = grouped(
    network.stockPoints.filter(({ ways }) => ways.includes("buy")),
    ({ product: one }) => one,
  );
  const node = (name: string, quantity: number, above: string[]): Node => {
    const isAgain = above.includes(name) || above.length >= DEPTH_MOST;
    const path = [...above, name];
    return {
      product: name,
      quantity,
      ways: isAgain ? [] : waysOf(byProduct.get(name) ?? []).map(({ inputs, ...way }) => ({ ...way, parts: inputs.map((one) => node(one.product, one.quantity, path)) })),
      bought: (bought.get(name) ?? []).map(({ site }) => site),
      isAgain,
    };
  };
  return node(product, 1, []);
}

/** Return what a product goes into, up to what no other product is made of. */
export function usesOf(network: Network, product: string): Use[] {
  const byInput = new Map<string, { recipe: Recipe; quantity: number }[]>();
  for (const recipe of network.recipes) {
    for (const { product: input, quantity } of recipe.inputs) byInput.set(input, [...(byInput.get(input) ?? []), { recipe, quantity }]);
  }
  const above = (name: string, path: string[]): Use[] =>
    [...grouped(byInput.get(name) ?? [], ({ recipe, quantity }) => JSON.stringify([recipe.product, quantity]))].map(([key, same]) => {
      const [made, quantity] = JSON.parse(key) as [string, number];
      const isAgain = path.includes(made) || path.length >= DEPTH_MOST;
      return { product: made, quantity, sites: unique(same.map(({ recipe }) => recipe.site)), uses: isAgain ? [] : above(made, [...path, made]), isAgain };
    });
  return above(product, [product]);
}

/** How many levels a tree of materials has below its root. */
export function depthOf(node: Node): number {
  return Math.max(0, ...node.ways.flatMap(({ parts }) => parts.map((part) => 1 + depthOf(part))));
}

function waysOf(recipes: Recipe[]): (Omit<Way, "parts"> & { inputs: Recipe["inputs"] })[] {
  return [...grouped(recipes, ({ inputs }) => JSON.stringify(inputs)).values()].map((same) => ({
    sites: unique(same.map(({ site }) => site)),
    good: [Math.min(...same.map((one) => one.yield)), Math.max(...same.map((one) => one.yield))],
    inputs: same[0]?.inputs ?? [],
  }));
}

function grouped<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const mine = found.get(key);
    if (mine) mine.push(item);
    else found.set(key, [item]);
  }
  return found;
}

function unique(names: string[]): string[] {
  return [...new Set(names)];
}
