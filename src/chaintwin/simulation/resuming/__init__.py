"""Runs that go on where they were stopped: finished groups of replications are kept in a file."""

from chaintwin.simulation.resuming.checkpoint import Checkpoint, saved_replications
from chaintwin.simulation.resuming.running import run_from_checkpoint

__all__ = ["Checkpoint", "run_from_checkpoint", "saved_replications"]
