"""One module per subcommand: its arguments, the call it makes, and the answer it gives."""
