"""What can go wrong, how badly, how long we last, what breaks first.

`occurrence`, `losses`, `resilience`, `inference` and `warning` are libraries of functions on numbers and arrays, and know nothing
of networks; `stress` puts parts of a network out and says what that costs.
"""
