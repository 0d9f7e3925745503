"""Findings about amounts once a network is lowered: demand that is lost, stock, money, and sizes that do not fit."""
