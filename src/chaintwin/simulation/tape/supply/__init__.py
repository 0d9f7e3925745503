"""How supply comes in: receipts, what of them is good, and substitutes."""
