"""What names of the world mean in a project: identifiers, units, and the network in force."""
