"""Disruptions on the tape: how strong they are in each period and replication, and what they do (METHODS 3.1)."""
