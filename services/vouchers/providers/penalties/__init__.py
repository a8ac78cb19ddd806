"""Penalties (行政处罚) of organisations that are, or want to be, providers."""
