"""Linear programmes of what outages cost: time added up, and period by period."""
