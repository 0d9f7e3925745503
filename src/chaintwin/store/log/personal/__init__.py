"""Personal values of a log and the key they are kept with."""
