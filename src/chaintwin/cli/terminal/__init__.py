"""How the command speaks: answers on standard output, progress and notes on standard error, failures in one way."""
