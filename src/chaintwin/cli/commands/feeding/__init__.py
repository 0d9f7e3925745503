"""Commands that take events in, and tell what became of them and of their sources."""
