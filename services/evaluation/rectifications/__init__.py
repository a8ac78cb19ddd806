"""Rectification orders (限期整改, 2.3-4): evidence, acceptance, overdue; never a change of the grade."""
