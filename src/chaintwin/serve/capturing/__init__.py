"""From the bytes of a document to a durable log and a report of what became of each event."""
