"""What answers look like in a terminal: numbers, charts, maps, tables. Nothing here calculates results."""
