"""Ages of stock and claims: which rows remember them, and the operations that need them."""
