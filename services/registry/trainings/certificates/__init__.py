"""Certificates and what the public may ask about them."""
