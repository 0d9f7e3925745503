// Names of sites and products, and amounts in their units. Pure.

import type { Network } from "../api/client";
import type { Format } from "../words/format";

export class Names {
  private readonly sites: Map<string, string>;
  private readonly products: Map<string, Network["products"][number]>;

  constructor(network: Network) {
    this.sites = new Map(network.sites.map((one) => [one.site, one.name]));
    this.products = new Map(network.products.map((one) => [one.product, one]));
  }

  site(site: string): string {
    return this.sites.get(site) ?? site;
  }

  product(product: string): string {
    return this.products.get(product)?.name ?? product;
  }

  unit(product: string): string {
    const unit = this.products.get(product)?.unit;
    return unit && unit !== "each" ? unit : "";
  }

  amount(format: Format, quantity: number, product: string): string {
    const unit = this.unit(product);
    return unit ? `${format.number(quantity)} ${unit}` : format.number(quantity);
  }
}
