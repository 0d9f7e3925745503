"""Scenarios compared on the same random numbers."""
