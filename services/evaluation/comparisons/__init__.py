"""What scoring again has changed, and why."""
