"""Settings: what can be configured, and how it is read."""
