"""One replication told: period by period, as a log of events, and back to a state."""
