"""What all sources have in common that are read over a connection which may break."""
