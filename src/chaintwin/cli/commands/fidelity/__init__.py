"""Commands that look ahead from the live twin and say how far it can be trusted."""
