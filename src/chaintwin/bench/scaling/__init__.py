"""Cases that say how time and memory grow."""
