"""Slow, plain twins of the compiled code: written from the methods alone, for readability, and used only by tests."""
