"""What is the same for every database: preparing, committing, reading, searching."""
