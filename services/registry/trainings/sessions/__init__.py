"""Sessions of a course: place, hours, places, and who runs them."""
