"""How long the network survives without a part of it, and what it costs until the part is back (METHODS 3.6)."""
