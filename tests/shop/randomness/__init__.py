"""Random but repeatable sequences of actions on a shop."""
