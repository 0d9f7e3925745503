"""Where a world is told: a repository over HTTP, a broker, a server of OPC UA that it is itself, a folder of files, lines."""
