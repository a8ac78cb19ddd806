"""The brand series (4.5-3): who leads each, and its years."""
