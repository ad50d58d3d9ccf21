"""Tables of analyzed songs as Parquet, here or in an object store: found, opened and searched with DuckDB."""
