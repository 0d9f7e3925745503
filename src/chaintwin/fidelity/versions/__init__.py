"""Versions of parameters: fitted to a log, judged, kept in its store, and applied to a network."""
