"""Commands that look at results that were written before."""
