"""From stock points that are short to the sites that are probably out: links between the two, and what follows from symptoms."""
