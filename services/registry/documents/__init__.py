"""Documents of the registry's cases: which cases have them, and who reads and adds them."""
