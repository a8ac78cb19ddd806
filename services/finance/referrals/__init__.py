"""Referrals of enterprises to banks, and what the banks make of them (3.2-1, 3.3-1)."""
