"""What may be captured: reading, the schema of EPCIS 2.0.1 in our own words, the types of our own."""
