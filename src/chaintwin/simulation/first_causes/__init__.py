"""Where service is lost and why: each late unit traced to its first cause."""
