"""Cases of the live twin: reading events, applying them, asking for the past."""
