"""PostgreSQL and NATS from their wheels, run as ordinary child processes."""
