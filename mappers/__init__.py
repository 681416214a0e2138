"""Pure mapping: a change record, a store view and the settings become payloads."""
