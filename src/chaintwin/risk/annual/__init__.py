"""What a year of disruptions costs a network: threats, what their outages cost, and years of them."""
