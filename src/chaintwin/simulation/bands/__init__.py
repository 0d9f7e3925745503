"""Bands: quantiles by stock point and period from integer counts, and how much orders vary compared with demand."""
