"""How faithful the twin is: what its parameters are, how good its predictions, what is to come from here on."""
