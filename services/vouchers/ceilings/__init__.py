"""Caps of what is issued: budgets, quotas, issuers of enclave firms (4.3-3)."""
