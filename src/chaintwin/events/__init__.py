"""What happened, in the form of EPCIS 2.0.1: read, checked, identified."""
