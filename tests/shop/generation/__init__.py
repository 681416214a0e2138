"""Seeded content for a shop: the same size and seed give the same rows."""
