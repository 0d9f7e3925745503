"""The state of the twin over HTTP: health, state, changes, discrepancies, proofs."""
