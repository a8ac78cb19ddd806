"""Tenancies (入驻): admission, filing, graduation and exit (2.1-1)."""
