"""Cases of looking ahead."""
