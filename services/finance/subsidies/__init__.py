"""Interest subsidies by quarter (3.2-4, 3.2-5)."""
