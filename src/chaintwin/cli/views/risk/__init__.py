"""What the commands about risk show."""
