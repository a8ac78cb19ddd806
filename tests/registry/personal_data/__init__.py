"""What is kept about persons: consents, contacts, retention."""
