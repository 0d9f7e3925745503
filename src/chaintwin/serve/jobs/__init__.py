"""Jobs: long work that is asked for over HTTP, done apart from the server, and kept with what it found."""
