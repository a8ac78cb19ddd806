"""A bank's whole conversation over HTTP, for `mengchuang bank selftest`: nothing here knows the system from inside."""
