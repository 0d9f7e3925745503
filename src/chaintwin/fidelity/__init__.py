"""How faithful the twin is, and what it says of the days to come."""
