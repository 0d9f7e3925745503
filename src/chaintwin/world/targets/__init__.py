"""Where a world is told: a repository over HTTP, a broker, a folder of files, lines."""
