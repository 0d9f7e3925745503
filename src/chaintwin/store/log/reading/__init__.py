"""Reading a log: entries, facts in both orders, searches."""
