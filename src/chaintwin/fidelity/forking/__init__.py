"""Forks: ensembles that go on from a moment of the live twin."""
