"""How far the twin is to be trusted, and how it mends itself: calibration, reconciliation, scores."""
