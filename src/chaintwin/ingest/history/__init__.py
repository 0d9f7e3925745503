"""Recorded history, played again in the order in which it happened."""
