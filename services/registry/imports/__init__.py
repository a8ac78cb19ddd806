"""Imports: centres, enterprises, tenancies and titles from table files, by the rules of the single requests."""
