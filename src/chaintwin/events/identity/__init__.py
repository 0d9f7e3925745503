"""The identity of an event: its CBV hash id, the same for every way of writing it."""
