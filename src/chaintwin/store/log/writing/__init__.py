"""Writing a log: the queue, one transaction a group, the thread that does it."""
