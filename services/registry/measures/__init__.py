"""What happens to a listed centre's standing outside a delisting: suspended, resumed, withdrawn at its own request."""
