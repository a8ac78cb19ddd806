"""The demonstration: fictional data in CSV files, and the story that is told with them through the public API."""
