"""Jobs that are made later: a queue, and the worker that makes them."""
