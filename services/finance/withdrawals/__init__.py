"""A centre that leaves the list at its own request."""
