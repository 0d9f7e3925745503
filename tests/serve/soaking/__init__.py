"""A steady stream of events to a server, and what its memory, its file and its state do meanwhile."""
