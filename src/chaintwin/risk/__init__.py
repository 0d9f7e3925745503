"""Methods for disruption risk: when events happen, what they cost, how a chain recovers, what caused them, early warning.

Each package is a library of functions on numbers and arrays, and knows nothing of networks: `occurrence`, `losses`,
`resilience`, `inference` and `warning`.
"""
