"""What an enterprise may still apply for today, rule by rule."""
