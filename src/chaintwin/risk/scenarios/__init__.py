"""Scenarios of disruptions: ready ones, and the story of one - what broke, when it reached whom, what it cost, what helps."""
