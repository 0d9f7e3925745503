"""Drift: whether what comes about still agrees with the parameters in use, arrival by arrival and day by day."""
