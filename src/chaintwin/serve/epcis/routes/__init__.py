"""The routes of the binding."""
