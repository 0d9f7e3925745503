"""Load on a server of the twin."""
