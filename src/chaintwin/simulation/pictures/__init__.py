"""Pictures of a result: bands, bullwhip, rankings and the network on a map, as SVG or PNG."""
