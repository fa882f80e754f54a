"""Windowed features of items, customers, categories, brands and queries: one definition, one path for imported and live events."""
