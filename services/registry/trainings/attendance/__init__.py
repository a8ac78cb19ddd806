"""Attendance: by the code on the screen, or by hand with a reason."""
