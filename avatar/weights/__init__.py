"""The weights of the full stack: what they must be (lock), where they lie (places), that they are so (digests, store),
how they come (fetch, download), and under which terms (licences)."""
