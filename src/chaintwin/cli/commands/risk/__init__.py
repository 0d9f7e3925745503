"""``chaintwin risk``: what can go wrong, how badly, and how long we last."""
