"""Browsers: a token is exchanged once for a session, whose cookie no page can read and no other site can use."""
