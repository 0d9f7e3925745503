"""Benchmark cases of risk."""
