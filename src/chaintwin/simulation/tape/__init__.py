"""From a program to the tape the engine plays: which rows hold what, and which operations make a period."""
