"""Running a server: whether it lives, how much it does, and what it says of that."""
