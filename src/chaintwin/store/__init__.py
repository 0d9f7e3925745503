"""Durable records: the log of events and small documents beside it."""
