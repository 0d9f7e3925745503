"""Some of the drawn years played by the rules of the network, and what they say of all years."""
