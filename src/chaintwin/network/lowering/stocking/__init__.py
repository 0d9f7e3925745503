"""How much is stocked: mean loads, ordering rules and first stock."""
