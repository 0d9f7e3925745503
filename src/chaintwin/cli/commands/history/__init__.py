"""Commands that follow single replications."""
