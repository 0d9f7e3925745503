"""What stands before every route: who may ask, from where, and how much."""

from chaintwin.serve.guarding.guard import Guard

__all__ = ["Guard"]
