"""What may stand where in EPCIS XML, and whether it does."""
