"""The ``chaintwin`` command: reads arguments, calls one room below, shows the answer as text or as JSON."""

from chaintwin.cli.application import app, main

__all__ = ["app", "main"]
