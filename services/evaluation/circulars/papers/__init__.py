"""Papers of a circular: the circular itself, and the notice of each correction."""
