"""Loans with public backing (3.2-3 to 3.2-5): from eligibility to the signed contract."""
