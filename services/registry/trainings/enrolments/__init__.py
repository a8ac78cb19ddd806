"""Enrolments, the waiting list and its promotions."""
