"""Commands of a world that only tests know."""
