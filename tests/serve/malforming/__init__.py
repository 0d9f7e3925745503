"""Malformed requests of all kinds, and a client that sends very many of them."""
