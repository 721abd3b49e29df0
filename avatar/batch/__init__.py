"""A table of videos: one row each, made together, each model being loaded once for many rows."""
