"""What routes of our own share: parameters that are checked, answers that need not be sent twice."""
