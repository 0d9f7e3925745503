"""What can put places of a network out, how often, and for how long."""
