"""What forks and measures of fidelity look like at the terminal."""
