"""Money as operations: prices that change, who pays whom, and what has not been paid yet."""
