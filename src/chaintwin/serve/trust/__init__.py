"""How far the twin is to be trusted, and with which parameters it looks ahead."""
