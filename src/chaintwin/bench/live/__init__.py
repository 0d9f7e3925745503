"""Cases of the live twin."""
