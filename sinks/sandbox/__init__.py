"""A strict stand-in for the Synerise API: refuses what the real service refuses or swallows."""
