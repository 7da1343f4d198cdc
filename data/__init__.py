"""What we know: the schema, settings, sources, the analytics warehouse, the casebook, and the sample company."""
