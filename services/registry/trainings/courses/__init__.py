"""Courses: drafted, published, closed."""
