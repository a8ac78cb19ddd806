"""What other services may ask before they do something that cannot be undone."""
