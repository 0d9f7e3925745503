"""The description of all routes, as OpenAPI has it."""
