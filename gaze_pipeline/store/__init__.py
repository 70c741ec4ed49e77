"""Where results live: paths, schemas, artifacts, the catalog, vectors, published snapshots."""
