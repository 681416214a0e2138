"""Entity loaders: ids in, whole entities out, with a bounded number of statements."""
