"""Which sites and lanes a hazard event touches."""
