"""The dependency-risk audit: what is known of a package before it is chosen, and of every package that is locked."""
