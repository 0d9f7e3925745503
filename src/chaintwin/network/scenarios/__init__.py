"""Scenarios: named changes to the tables of a network."""
