"""What jobs found, as tables over HTTP, and what differs between two of them."""
