"""What the count of failed years follows: results that were annulled, and centres that go on where others left off."""
