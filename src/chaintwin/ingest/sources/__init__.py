"""Sources of events that a project names: checked, tested, taken side by side, and how they are."""
