"""Disruptions of a network: what strikes where, when, how long and how hard (METHODS 3.1)."""
