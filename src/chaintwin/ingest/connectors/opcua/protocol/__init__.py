"""What is said over a connection to an OPC UA server."""
