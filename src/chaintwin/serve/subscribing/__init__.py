"""Standing queries: kept, run when their time or an event comes, and their answers sent until they arrive."""
