"""What can go wrong, how badly, how long we last, what breaks first.

`occurrence`, `losses`, `resilience`, `inference`, `warning`, `bullwhip` and `service` are libraries of functions on numbers and
tables, and know nothing of networks; `stress` puts parts of a network out, `annual` says what a year of that costs,
`dependence` on whom it hangs, `hazards` which events touch it, and `causes` what is probably out when something is short.
"""
