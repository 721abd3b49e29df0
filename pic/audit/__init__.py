"""The dependency-risk audit: what an index knows of packages by their names, before they are chosen."""
