"""Cases about the log of events and the live state."""
