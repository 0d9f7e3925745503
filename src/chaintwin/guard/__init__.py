"""Keys, digests and the Merkle log: bytes and ids only.

`merkle` is the tree of RFC 9162, `digests` the salted commitments that are its leaves, `subjects` the encryption of personal
values, `tokens` what callers show, `hosts` whom they may show it without TLS.
"""
