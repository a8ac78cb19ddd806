"""Contracts that a centre signed before its delisting: reviewed case by case, and paid where honoured (2.3-5)."""
