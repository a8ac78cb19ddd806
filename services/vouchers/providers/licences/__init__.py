"""Licences (资质) that a provider shows, and their end."""
