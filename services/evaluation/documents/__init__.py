"""Documents of this service's cases: which cases have them, and who reads and adds them."""
