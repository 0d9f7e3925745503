"""Cases of the live twin: its log, events, state and server."""
