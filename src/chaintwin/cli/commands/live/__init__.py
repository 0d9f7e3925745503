"""Commands that look at the live state."""
