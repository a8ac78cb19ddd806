"""Papers of a delisting case: notice of intent, decision, record of service."""
