"""Graphs to programs."""

from chaintwin.network.compiling.compiling import compile_graph, refuse_collisions

__all__ = ["compile_graph", "refuse_collisions"]
