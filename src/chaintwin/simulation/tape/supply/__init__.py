"""How supply comes in: receipts, and what of them is good."""
