"""What is kept of persons over all rooms: consents taken back, data given out for a reason, data erased in time."""
