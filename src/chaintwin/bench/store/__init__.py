"""Cases of the durable log."""
