"""Keys, digests and the Merkle log: bytes and ids only."""
