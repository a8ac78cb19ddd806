"""The double-entry journal of subsidies: captured, reversed, paid, and recovered."""
