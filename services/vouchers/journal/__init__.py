"""The double-entry journal of captured subsidies."""
