"""Vouchers from a file: checked, approved by another person, issued row by row, each once (4.3-3)."""
