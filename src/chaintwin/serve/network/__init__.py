"""The network of a twin, as a page or another program reads it."""
