"""Enterprises, known once each by their unified social credit code (2.2-1)."""
