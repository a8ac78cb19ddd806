"""Service records: what a centre did for an enterprise on a day, confirmed or contested by the enterprise (2.1-1)."""
