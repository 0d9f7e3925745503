"""What a twin keeps beside its cells: the last events, so that they can be taken back, and snapshots."""
