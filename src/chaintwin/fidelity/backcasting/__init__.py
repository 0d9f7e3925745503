"""Backcasts: forks from moments of the past, as it was known then, held against what came about."""
