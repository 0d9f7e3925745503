"""Scenarios that are ready to be tried: those that come with the program, and the files of the project."""
