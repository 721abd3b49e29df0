"""`avatar serve`: the REST API and the page over the queue, in a process without models; what decodes or renders is a child."""
