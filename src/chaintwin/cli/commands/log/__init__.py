"""Commands that keep the log of events safe: back up, restore, verify, copy, upgrade."""
