"""What those who attended thought of it."""
