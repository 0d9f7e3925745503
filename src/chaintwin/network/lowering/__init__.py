"""Tables to the graph of buffers and activities."""

from chaintwin.network.lowering.lower import Lowered, lower, lower_in_full

__all__ = ["Lowered", "lower", "lower_in_full"]
