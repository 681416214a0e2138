"""Shapes of `after` and `identity` in change records, model by model, as checkable models."""
