"""What the process of jobs does; it alone loads the engine."""
