"""Tests, and the real servers that tests and the demo run against."""
