"""Partners of the centres, cooperation agreements and carriers set up together (2.1-1, 2.1-3)."""
