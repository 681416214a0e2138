"""Delivery: consume change records, map them, ship them."""
