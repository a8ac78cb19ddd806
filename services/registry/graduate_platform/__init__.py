"""The graduate platform: trial, conversion and market channel of graduates' products (4.8-3)."""
