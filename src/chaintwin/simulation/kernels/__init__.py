"""Compiled kernels of the network engine, one event of a period each (METHODS 1.2)."""
