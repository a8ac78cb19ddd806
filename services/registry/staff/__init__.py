"""The people who serve a centre (4.1-2), by opaque reference, with their certificates."""
