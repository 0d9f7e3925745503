"""How each stock point is filled: sources, bills, lanes and what they cost."""
