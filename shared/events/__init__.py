"""The event log: PostgreSQL is the record, NATS carries it, positions and hashes show that nothing is missing."""
