"""What commands run that takes a while, with its progress shown."""
