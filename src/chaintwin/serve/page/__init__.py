"""The page of a twin: files that were built into the package, and what a browser may do with them."""
