"""What a delisting does to vouchers (2.3-5)."""
