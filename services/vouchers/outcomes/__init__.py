"""What came of the services that vouchers paid for: asked of each holder once a year (4.3-4)."""
