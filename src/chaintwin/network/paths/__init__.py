"""What the arcs of a network say: in which order things happen, and what lies below what."""
