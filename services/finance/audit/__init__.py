"""What the auditor asks of this service."""
